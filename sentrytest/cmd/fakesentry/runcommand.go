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
	Expect      *int          `placeholder:"N" help:"Fail unless at least so many events arrive; 0: fail if any arrives."`
	ExpectEvent []string      `name:"expect-event" sep:"none" placeholder:"QUERY" help:"Fail unless an event arrives that matches, as in 'level:error tag:shard=7 text'; may be given several times."`
	FailOn      string        `name:"fail-on" enum:",debug,info,warning,error,fatal" default:"" placeholder:"LEVEL" help:"Fail if an event of this level or above arrives."`
	Timeout     time.Duration `env:"FAKESENTRY_RUN_TIMEOUT" help:"Stop the command, and what it has started, after so long, such as 5m, and fail."`
	Command     []string      `arg:"" passthrough:"" placeholder:"COMMAND" help:"The command and its arguments, behind --. It gets SENTRY_DSN, SENTRY_SPOTLIGHT and FAKESENTRY_SERVER."`
}

// settleTime is how long events may be under way after the end of the command.
const settleTime = 2 * time.Second

// Run is what `fakesentry run` does.
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
	defer outlivePipes()() // the exit code matters more than a report that nobody reads
	code, interrupted, err := c.execute(ctx, env, h)
	if err != nil {
		return errors.Join(err, h.Close())
	}
	unmet := wanted.unmet(ctx, h)
	if len(unmet) > 0 {
		if !interrupted { // whoever interrupts it knows why something is missing
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

// strayFlag is about flags of run that stand behind the command, and so would silently be the command's.
func (c *runCommand) strayFlag() error {
	for _, arg := range c.Command[1:] {
		name, _, _ := strings.Cut(arg, "=")
		if slices.Contains([]string{"--expect", "--expect-event", "--fail-on", "--timeout"}, name) {
			return fmt.Errorf("%s stands behind the command: is it for run, then it goes before it, as in fakesentry run %s … -- %s; is it for the command, then -- goes before that",
				name, name, c.Command[0])
		}
	}
	return nil
}

// execute runs the command and returns its exit code, 128 and the number of the signal if one ended it, as shells have
// it; and whether it was told by a signal to stop.
func (c *runCommand) execute(parent context.Context, env *environment, h *host.Host) (code int, interrupted bool, err error) {
	signals := newRelay()
	// Signals end the context through the relay: one that the terminal has sent to the command is not ours to follow up.
	ctx, end := context.WithCancelCause(context.WithoutCancel(parent))
	defer end(nil)
	defer context.AfterFunc(parent, func() {
		if !bySignal(parent) {
			end(context.Cause(parent))
		}
	})()
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("%s was stopped, because it took longer than %s", c.Command[0], c.Timeout))
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
			return nil // it was passed on
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

// exitCodeOf returns the exit code that the error of a command stands for. A command that was told to stop and did has
// an error too.
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

// cannotStart returns the exit codes that shells have for a command which is not there, and for one that can't be run.
func cannotStart(env *environment, command string, err error) (code int, _ error) {
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		fmt.Fprintf(env.errs, "fakesentry: %s: command not found\n", console.Plain(command))
		return 0, exitCode(127)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOEXEC):
		fmt.Fprintf(env.errs, "fakesentry: %s: it can't be executed: %v\n", console.Plain(command), err)
		return 0, exitCode(126)
	}
	return 0, err
}

// ownVariables are those of run's flags, and those with which the program's other commands would look elsewhere than at
// the server of run.
var ownVariables = []string{
	"FAKESENTRY_EXPECT", "FAKESENTRY_EXPECT_EVENT", "FAKESENTRY_FAIL_ON", "FAKESENTRY_RUN_TIMEOUT", "FAKESENTRY_DSN", "FAKESENTRY_TENANT",
}

// handedOn returns the environment without what is meant for this run alone, and not for one inside it.
func handedOn(environ []string) []string {
	return slices.DeleteFunc(environ, func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains(ownVariables, name)
	})
}

// stopTime is how long a command may take to stop after it was told to.
const stopTime = 10 * time.Second
