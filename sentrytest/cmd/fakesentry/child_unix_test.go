//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// beUnixChild does a job that has to do with signals and processes, if it is one.
func beUnixChild(verb, rest string) (code int, known bool) {
	switch verb {
	case "signal": // the signals that it says it got, until one that stops it
		signals := make(chan os.Signal, 16)
		signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH)
		fmt.Println("ready")
		for s := range signals {
			fmt.Println("got", s)
			if s == syscall.SIGTERM || s == syscall.SIGINT && rest != "till TERM" {
				return 3, true
			}
		}
	case "session": // starts a process in a session of its own, which outlives it
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childJob+"=sleep "+rest)
		cmd.Stdout, cmd.SysProcAttr = os.Stdout, &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			return 97, true
		}
		_ = cmd.Wait()
		return 0, true
	case "sleep":
		if rest == "stubborn" {
			signal.Ignore(syscall.SIGTERM)
		}
		fmt.Println("asleep")
		time.Sleep(time.Minute) // until it is stopped
		return 0, true
	case "die":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	return 0, false
}
