package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
)

type runCommand struct {
	Expect      int           `placeholder:"N" help:"Fail unless at least so many events arrive."`
	ExpectEvent []string      `name:"expect-event" sep:"none" placeholder:"QUERY" help:"Fail unless an event arrives that matches, as in 'level:error tag:shard=7 text'; may be given several times."`
	FailOn      string        `name:"fail-on" enum:",debug,info,warning,error,fatal" default:"" placeholder:"LEVEL" help:"Fail if an event of this level or above arrives."`
	Timeout     time.Duration `help:"Stop the command after so long, and fail."`
	Command     []string      `arg:"" passthrough:"" placeholder:"COMMAND" help:"The command and its arguments, behind --. It gets SENTRY_DSN, SENTRY_SPOTLIGHT and FAKESENTRY_SERVER."`
}

// settleTime is how long events may be under way after the end of the command.
const settleTime = 2 * time.Second

// Run is what `fakesentry run` does.
func (c *runCommand) Run(ctx context.Context, env *environment) error {
	if c.Command[0] == "--" {
		c.Command = c.Command[1:]
	}
	if len(c.Command) == 0 {
		return errors.New("run needs a command, as in fakesentry run -- make test")
	}
	wanted, err := c.expectations()
	if err != nil {
		return err
	}
	h, err := host.Start(host.Config{Version: raven.Version})
	if err != nil {
		return err
	}
	code, err := c.execute(ctx, env, h)
	if err != nil {
		return errors.Join(err, h.Close())
	}
	unmet := wanted.unmet(ctx, h)
	if len(unmet) > 0 {
		report(env.errs, strings.Join(c.Command, " "), code, unmet, h.Store)
		code = max(code, 1)
	}
	if err := h.Close(); err != nil {
		return err
	}
	if code != 0 {
		return exitCode(code)
	}
	return nil
}

// execute runs the command and returns its exit code, 128 and the number of the signal if one ended it, as shells have
// it.
func (c *runCommand) execute(ctx context.Context, env *environment, h *host.Host) (code int, err error) {
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("%s was stopped, because it took longer than %s", c.Command[0], c.Timeout))
		defer cancel()
	}
	cmd := exec.CommandContext(ctx, c.Command[0], c.Command[1:]...)
	cmd.Env = append(os.Environ(),
		"SENTRY_DSN="+h.DSN(host.Key, host.Project), "SENTRY_SPOTLIGHT="+h.URL()+"/stream", "FAKESENTRY_SERVER="+h.URL())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = env.in, env.out, env.errs
	cmd.WaitDelay = stopTime
	cmd.Cancel = func() error { return cmd.Process.Signal(signalOf(ctx)) }
	err = cmd.Run()
	var ended *exec.ExitError
	switch {
	case ctx.Err() != nil && c.Timeout > 0 && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return 0, context.Cause(ctx)
	case errors.As(err, &ended):
		if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal()), nil
		}
		return ended.ExitCode(), nil
	case ctx.Err() != nil && cmd.ProcessState != nil && cmd.ProcessState.Success():
		return 0, nil // it was told to stop, and did
	}
	return 0, err
}

// stopTime is how long a command may take to stop after it was told to.
const stopTime = 10 * time.Second

// signalled is why the program's context ended.
type signalled struct{ os.Signal }

func (s signalled) Error() string { return "signal: " + s.String() }

// signalOf returns the signal that ended the context, to be passed on.
func signalOf(ctx context.Context) os.Signal {
	var s signalled
	if errors.As(context.Cause(ctx), &s) {
		return s.Signal
	}
	return syscall.SIGTERM
}
