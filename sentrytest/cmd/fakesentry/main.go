// Command fakesentry is the fake Sentry of package sentrytest as a program, for programs in any language.
//
//	fakesentry serve                     a fake Sentry, until it is interrupted
//	fakesentry run --expect 1 -- CMD     a fake Sentry around one command, which fails if it does not report
//	fakesentry tail                      what arrives at one that runs elsewhere
//	fakesentry wait 2 level:error        until two errors have arrived there
//	fakesentry demo                      every transport of this module against a fake Sentry
//
// fakesentry --help shows the others. It exits with 0 when all was well and with 1 otherwise; run passes on the exit
// code of its command, and has 127 for one that is not found, 126 for one that can't be executed, and 128 plus the number
// of the signal for one that a signal has ended.
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
	Run         runCommand         `cmd:"" help:"Run a command with a fake Sentry around it, and fail if it does not report as expected."`
	Tail        tailCommand        `cmd:"" help:"Print what arrives at a fakesentry that runs elsewhere."`
	Wait        waitCommand        `cmd:"" help:"Wait until events have arrived at a fakesentry that runs elsewhere, and print them."`
	Send        sendCommand        `cmd:"" help:"Send a message, or files with events and envelopes, and print their ids."`
	Open        openCommand        `cmd:"" help:"Show what a failed test has left behind: its page and API, as if it had just arrived."`
	Healthcheck healthcheckCommand `cmd:"" help:"Find out whether a fakesentry is up: for containers."`
	Demo        demoCommand        `cmd:"" help:"Report through every transport of this module to a fake Sentry and show what arrived."`

	Completion kongcompletion.Completion `cmd:"" help:"Show how to switch on completion of commands and flags in your shell."`

	Version kong.VersionFlag `env:"-" help:"Print the version."`
}

const description = `A fake Sentry for tests and development: it takes what SDKs send, and shows it.

Point an SDK in any language to the DSN that it prints. Any other key and any other project work too. Every flag can be set in
the environment as well, as the help of a command shows. Exit codes are 0 when all was well and 1 otherwise.

    fakesentry serve
    fakesentry run --expect 1 -- go test ./...
`

// environment is what commands run in.
type environment struct {
	registry  *transport.Registry
	in        io.Reader
	out, errs io.Writer
}

// exited carries kong's wish to exit out of its parser, so that run can be
// tested and returns the exit code that this program documents.
type exited int

// exitCode is the error of a command that has said all there is to say.
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

// legible makes text, part of which may come from the network, fit for a terminal; separator stands between its lines.
func legible(text, separator string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = console.Plain(line)
	}
	return strings.Join(lines, separator)
}

// usageError points to the help of the command that was meant.
func usageError(err error) error {
	help := "fakesentry --help"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context.Selected() != nil {
		help = parse.Context.Selected().FullPath() + " --help"
	}
	return fmt.Errorf("%w\n%s shows how it is used", err, help)
}
