// Command fakesentry is a fake Sentry for programs in any language. It serves
// the fake Sentry of package sentrytest.
//
//	fakesentry serve                 run a fake Sentry
//	fakesentry run --expect 1 -- CMD run CMD, and fail if it does not report
//	fakesentry tail                  print what arrives at a running fakesentry
//	fakesentry wait 2 level:error    wait until two errors have arrived there
//	fakesentry demo                  try every transport of this module
//
// fakesentry --help lists the other commands. The exit code is 0 on success and
// 1 on failure. The exit codes of run are those of its command. Like shells,
// run returns 127 if the command is not found, 126 if it can't be executed, and
// 128 plus the number of the signal if a signal ended it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/console"
	"github.com/ravenkit/ravenkit/transport"
	_ "github.com/ravenkit/ravenkit/transport/all" // the demo shows them all
)

func main() {
	os.Exit(run(untilSignal(), os.Args[1:], transport.DefaultRegistry(), os.Stdin, os.Stdout, os.Stderr))
}

type commands struct {
	Serve       serveCommand       `cmd:"" help:"Run a fake Sentry until it is interrupted."`
	Run         runCommand         `cmd:"" help:"Run a command with its own fake Sentry, and fail if it does not report as expected."`
	Tail        tailCommand        `cmd:"" help:"Print what arrives at a running fakesentry."`
	Wait        waitCommand        `cmd:"" help:"Wait until events have arrived at a running fakesentry, and print them."`
	Send        sendCommand        `cmd:"" help:"Send a message, or files with events and envelopes, and print their ids."`
	Open        openCommand        `cmd:"" help:"Serve the requests in a file that a failed test has written, with the page and the API."`
	Healthcheck healthcheckCommand `cmd:"" help:"Check whether a fakesentry is up: for containers."`
	Demo        demoCommand        `cmd:"" help:"Report to a fake Sentry through every transport of this module, and show what arrived."`

	Completion kongcompletion.Completion `cmd:"" help:"Show how to activate tab completion in your shell."`

	Version kong.VersionFlag `env:"-" help:"Print the version."`
}

const description = `A fake Sentry for tests and development: it accepts what SDKs send, and shows it.

Use the DSN that serve prints in an SDK of any language. Any other key and project work too. Each flag can be set in the
environment; the help of a command names the variables. The exit code is 0 on success and 1 on failure.

    fakesentry serve
    fakesentry run --expect 1 -- go test ./...
`

// environment holds the inputs and outputs of commands.
type environment struct {
	registry  *transport.Registry
	in        io.Reader
	out, errs io.Writer
}

// exited is panicked when kong wants to exit, so that run returns and chooses
// the exit code.
type exited int

// exitCode is the error of a command that has printed its message already.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func run(ctx context.Context, args []string, registry *transport.Registry, in io.Reader, out, errs io.Writer) (code int) {
	defer func() {
		if r := recover(); r != nil {
			status, ok := r.(exited)
			if !ok {
				panic(r)
			}
			code = min(int(status), 1)
		}
	}()
	parser, err := kong.New(
		new(commands),
		kong.Name("fakesentry"),
		kong.Description(description),
		kong.Vars{"version": raven.Version},
		kong.Writers(out, errs),
		kong.Exit(func(status int) { panic(exited(status)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100}),
		kong.DefaultEnvars("FAKESENTRY"),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&environment{registry: registry, in: in, out: out, errs: errs}),
	)
	if err != nil {
		return fail(errs, err)
	}
	kongcompletion.Register(parser)
	command, err := parser.Parse(args)
	if err != nil {
		return fail(errs, usageError(err))
	}
	err = command.Run()
	if status := exitCode(0); errors.As(err, &status) {
		return int(status)
	}
	if err != nil {
		return fail(errs, err)
	}
	return 0
}

func fail(errs io.Writer, err error) (code int) {
	fmt.Fprintln(errs, "fakesentry:", legible(err.Error(), "\n  "))
	return 1
}

// legible makes text safe for a terminal; it may come from the network. It
// joins the lines with separator.
func legible(text, separator string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = console.Plain(line)
	}
	return strings.Join(lines, separator)
}

// usageError adds the command's help to the error.
func usageError(err error) error {
	help := "fakesentry --help"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context.Selected() != nil {
		help = parse.Context.Selected().FullPath() + " --help"
	}
	return fmt.Errorf("%w\n%s shows the usage", err, help)
}
