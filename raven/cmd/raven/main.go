// Command raven sends events to Sentry and finds out why they don't arrive.
//
//	raven send --message "disk full" --level warning --tag host=web-1
//	raven test https://PUBLIC_KEY@HOST/PROJECT_ID
//	raven doctor https://PUBLIC_KEY@HOST/PROJECT_ID
//	raven transports
//	raven spool ls /var/lib/app/sentry
//
// Every transport is linked in. If no DSN is given, the commands use
// SENTRY_DSN. Ids are printed to stdout, errors to stderr, and the DSN's secret
// is never printed. Without arguments, raven prints its help. The exit code is
// 0 for success and 1 for failure.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
	_ "github.com/ravenkit/ravenkit/transport/all"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	// A second interrupt ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], transport.DefaultRegistry(), os.Stdout, os.Stderr))
}

type commands struct {
	Send       sendCommand       `cmd:"" help:"Send events, and print their ids."`
	Test       testCommand       `cmd:"" help:"Send one test event, and print each step."`
	Doctor     doctorCommand     `cmd:"" help:"Find out where delivery fails, and how to fix it."`
	Transports transportsCommand `cmd:"" help:"List every transport with its schemes and options."`
	Spool      spoolCommand      `cmd:"" help:"List, print, deliver or remove the events in a spool_dir."`

	Version kong.VersionFlag `help:"Print the version."`
}

const description = `Send events to Sentry, and find out why they don't arrive.

A DSN is the address of a project, as in https://PUBLIC_KEY@HOST/PROJECT_ID. A transport's name is put before its scheme, and
options after a question mark, as in sync+https://PUBLIC_KEY@HOST/PROJECT_ID?timeout=2. If no DSN is given, the commands use SENTRY_DSN.
The exit code is 0 for success and 1 for failure.

    raven doctor https://KEY@HOST/1
    raven send --message 'backup failed' --level warning --tag host=db-1 https://KEY@HOST/1
`

// environment is the commands' input and output.
type environment struct {
	registry  *transport.Registry
	out, errs io.Writer
}

// exited is the panic value with which kong's exit function leaves its parser,
// so that run can be tested and returns the documented exit code.
type exited int

func run(ctx context.Context, args []string, registry *transport.Registry, out, errs io.Writer) (code int) {
	defer func() {
		if r := recover(); r != nil {
			status, ok := r.(exited)
			if !ok {
				panic(r)
			}
			code = min(int(status), 1)
		}
	}()
	out, errs = plainWriter{out}, plainWriter{errs}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parser, err := kong.New(
		new(commands),
		kong.Name("raven"),
		kong.Description(description),
		kong.Vars{"version": raven.Version},
		kong.Writers(out, errs),
		kong.Exit(func(status int) { panic(exited(status)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&environment{registry: registry, out: out, errs: errs}),
	)
	if err != nil {
		return fail(errs, err)
	}
	command, err := parser.Parse(args)
	if err != nil {
		return fail(errs, usageError(err))
	}
	if err := command.Run(); err != nil {
		return fail(errs, err)
	}
	return 0
}

// advised is an error with advice on how to fix it.
type advised struct {
	error
	fix string
}

func (e *advised) Unwrap() error { return e.error }

func fail(errs io.Writer, err error) (code int) {
	lines := strings.Split(plain(err.Error()), "\n")
	fmt.Fprintln(errs, "raven:", strings.Join(lines, "\n  "))
	if a, ok := errors.AsType[*advised](err); ok && a.fix != "" {
		fmt.Fprintln(errs, hanging("  fix: ", a.fix, widthOf(errs)))
	}
	return 1
}

// plain removes the package's name from each line of an error, because the
// program has only one name, and masks text that looks like a secret.
func plain(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimPrefix(line, "transport: "), "raven: ")
	}
	return secrets.ReplaceAllString(strings.Join(lines, "\n"), "$1:xxxxx@")
}

// secrets matches a user and a password before a host. Errors of package
// transport are masked already. But an error may quote a DSN that was given in
// the wrong argument.
var secrets = regexp.MustCompile(`([^\s:/@"']+):(?:[^\s/]\S*)?@`)

// usageError adds a reference to the help of the command.
func usageError(err error) error {
	help := "raven --help"
	if parse, ok := errors.AsType[*kong.ParseError](err); ok && parse.Context.Selected() != nil {
		help = parse.Context.Selected().FullPath() + " --help"
	}
	return &advised{err, help + " shows its usage"}
}
