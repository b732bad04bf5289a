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

// beUnixChild does a job that needs signals or processes. It reports whether
// the job is one of those.
func beUnixChild(verb, rest string) (code int, known bool) {
	switch verb {
	case "signal": // prints the signals that it gets, until the given one
		signals := make(chan os.Signal, 16)
		signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH)
		fmt.Println("ready")
		for s := range signals {
			fmt.Println("got", s)
			if s == syscall.SIGTERM || s == syscall.SIGINT && rest != "till TERM" {
				return 3, true
			}
		}
	case "session": // starts a process in a new session, which outlives this one
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
		time.Sleep(time.Minute) // until it is killed
		return 0, true
	case "die":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	return 0, false
}
