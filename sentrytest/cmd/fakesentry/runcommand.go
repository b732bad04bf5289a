package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/console"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
)

type runCommand struct {
	Expect      *int          `placeholder:"N" help:"Fail unless at least N events arrive; 0: fail if any event arrives."`
	ExpectEvent []string      `name:"expect-event" sep:"none" placeholder:"QUERY" help:"Fail unless a matching event arrives, for example 'level:error tag:shard=7 text'. Can be repeated."`
	FailOn      string        `name:"fail-on" enum:",debug,info,warning,error,fatal" default:"" placeholder:"LEVEL" help:"Fail if an event of this level or above arrives."`
	Timeout     time.Duration `env:"FAKESENTRY_RUN_TIMEOUT" help:"After this time, for example 5m, stop the command and the processes that it started, and fail."`
	Command     []string      `arg:"" passthrough:"" placeholder:"COMMAND" help:"The command and its arguments, after --. Its environment gets SENTRY_DSN, SENTRY_SPOTLIGHT and FAKESENTRY_SERVER."`
}

// settleTime is how long run waits for events after the command has ended.
const settleTime = 2 * time.Second

// Run implements `fakesentry run`.
func (c *runCommand) Run(ctx context.Context, env *environment) error {
	if c.Command[0] == "--" {
		c.Command = c.Command[1:]
	} else if err := c.strayFlag(); err != nil {
		return err
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
	defer outlivePipes()() // the exit code must not depend on a reader of the report
	code, interrupted, err := c.execute(ctx, env, h)
	if err != nil {
		return errors.Join(err, h.Close())
	}
	unmet := wanted.unmet(ctx, h)
	if len(unmet) > 0 {
		if !interrupted { // an interrupt explains the missing events
			report(env.errs, strings.Join(c.Command, " "), code, unmet, h.Store)
		}
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

// strayFlag returns an error if a flag of run comes after the command. The
// command would get it silently.
func (c *runCommand) strayFlag() error {
	for _, arg := range c.Command[1:] {
		name, _, _ := strings.Cut(arg, "=")
		if slices.Contains([]string{"--expect", "--expect-event", "--fail-on", "--timeout"}, name) {
			return fmt.Errorf("%s comes after the command: put it before the command if it is meant for run, as in fakesentry run %s … -- %s; otherwise separate the command with --",
				name, name, c.Command[0])
		}
	}
	return nil
}

// execute runs the command. It returns the exit code, and whether a signal told
// run to stop. If a signal ended the command, the exit code is 128 plus the
// number of the signal, as in shells.
func (c *runCommand) execute(parent context.Context, env *environment, h *host.Host) (code int, interrupted bool, err error) {
	signals := newRelay()
	// Signals end the context through the relay only: a signal that the
	// terminal sent to the command too must not kill the command.
	ctx, end := context.WithCancelCause(context.WithoutCancel(parent))
	defer end(nil)
	defer context.AfterFunc(parent, func() {
		if !bySignal(parent) {
			end(context.Cause(parent))
		}
	})()
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("%s was stopped after the timeout of %s", c.Command[0], c.Timeout))
		defer cancel()
	}
	mark := newMark()
	cmd := exec.CommandContext(ctx, c.Command[0], c.Command[1:]...)
	environ := pastProxies(handedOn(os.Environ()))
	cmd.Env = append(environ, "SENTRY_DSN="+h.DSN(host.Key, host.Project), "SENTRY_SPOTLIGHT="+h.URL()+"/stream", "FAKESENTRY_SERVER="+h.URL(),
		markName+"="+strings.TrimSpace(lookUp(environ, markName)+" "+mark))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = env.in, env.out, env.errs
	cmd.WaitDelay = stopTime
	group := newGroup(cmd, env.in)
	cmd.Cancel = func() error {
		if bySignal(ctx) {
			return nil // the relay has sent the signal
		}
		return group.stop(mark)
	}
	if err := cmd.Start(); err != nil {
		signals.close()
		code, err := cannotStart(env, c.Command[0], err)
		return code, false, err
	}
	var stopped atomic.Bool
	signals.start(group, func(s os.Signal, passed bool) {
		stopped.Store(true)
		if passed {
			end(signalled{s})
		}
	})
	err = cmd.Wait()
	signals.close()
	timedOut := errors.Is(ctx.Err(), context.DeadlineExceeded)
	if ctx.Err() != nil {
		group.kill()
	}
	if timedOut {
		killMarked(mark)
		return 0, false, context.Cause(ctx)
	}
	code, err = exitCodeOf(err, ctx.Err() != nil && cmd.ProcessState.Success())
	return code, stopped.Load(), err
}

// exitCodeOf returns the exit code for the error of a command. obeyed means
// that the command was told to stop and ended with success; Wait returns an
// error then too.
func exitCodeOf(err error, obeyed bool) (int, error) {
	var ended *exec.ExitError
	switch {
	case obeyed:
		return 0, nil
	case !errors.As(err, &ended):
		return 0, err
	}
	if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return ended.ExitCode(), nil
}

// cannotStart returns the exit codes that shells use for a command that does
// not exist and for one that can't be executed.
func cannotStart(env *environment, command string, err error) (code int, _ error) {
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		fmt.Fprintf(env.errs, "fakesentry: %s: command not found\n", console.Plain(command))
		return 0, exitCode(127)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOEXEC):
		fmt.Fprintf(env.errs, "fakesentry: %s: cannot be executed: %v\n", console.Plain(command), err)
		return 0, exitCode(126)
	}
	return 0, err
}

// ownVariables are the variables of run's flags, and those that would make the
// program's other commands use another server than that of run.
var ownVariables = []string{
	"FAKESENTRY_EXPECT", "FAKESENTRY_EXPECT_EVENT", "FAKESENTRY_FAIL_ON", "FAKESENTRY_RUN_TIMEOUT", "FAKESENTRY_DSN", "FAKESENTRY_TENANT",
}

// handedOn removes ownVariables from the environment, so that a nested run does
// not read them.
func handedOn(environ []string) []string {
	return slices.DeleteFunc(environ, func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains(ownVariables, name)
	})
}

// stopTime is how long a command may take to stop before it is killed.
const stopTime = 10 * time.Second
