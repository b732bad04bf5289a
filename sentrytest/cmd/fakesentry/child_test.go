package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/ravenkit/ravenkit/raven"
)

// childJob names what the test binary does when it is the command of `fakesentry run`.
const childJob = "FAKESENTRY_TEST_CHILD"

// beChild does a job, and returns an exit code.
func beChild(job string) int {
	client, err := raven.New("")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	ctx := context.Background()
	verb, rest, _ := strings.Cut(job, " ")
	switch verb {
	case "report":
		client.CaptureMessage(ctx, rest, raven.LevelWarning)
	case "fail":
		client.CaptureMessage(ctx, rest)
		defer fmt.Fprintln(os.Stderr, "failing")
		if err := client.Close(ctx); err != nil {
			return 98
		}
		return 7
	case "environment":
		fmt.Println(os.Getenv("SENTRY_DSN"), os.Getenv("SENTRY_SPOTLIGHT"), os.Getenv("FAKESENTRY_SERVER"), strings.Join(os.Args[1:], "|"))
	case "echo":
		line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
		fmt.Print(line)
	case "signal":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
		fmt.Println("ready")
		fmt.Println("got", <-signals)
		return 3
	case "die":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	if err := client.Close(ctx); err != nil {
		return 98
	}
	return 0
}
