// Command raven sends events to Sentry and finds out why they don't arrive.
//
//	raven send --message "disk full" --level warning --tag host=web-1
//	raven test https://PUBLIC_KEY@HOST/PROJECT_ID
//	raven doctor https://PUBLIC_KEY@HOST/PROJECT_ID
//	raven transports
//
// Every transport is linked in. Without a DSN among the arguments the commands
// take SENTRY_DSN. Ids go to stdout, errors to stderr, and a DSN's secret to
// neither. Without arguments it prints its help. It exits with 0 when all was
// well and with 1 otherwise.
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
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	os.Exit(run(ctx, os.Args[1:], transport.DefaultRegistry(), os.Stdout, os.Stderr))
}

type commands struct {
	Send       sendCommand       `cmd:"" help:"Send events, and print their ids."`
	Test       testCommand       `cmd:"" help:"Send one test event, and say step by step what happens to it."`
	Doctor     doctorCommand     `cmd:"" help:"Find out where delivery fails, and how to put it right."`
	Transports transportsCommand `cmd:"" help:"List every transport with its schemes and options."`

	Version kong.VersionFlag `help:"Print the version."`
}

const description = `Send events to Sentry, and find out why they don't arrive.

A DSN is the address of a project, as in https://PUBLIC_KEY@HOST/PROJECT_ID. The transport stands before its scheme and the
options behind a question mark, as in sync+https://PUBLIC_KEY@HOST/PROJECT_ID?timeout=2. Without a DSN the commands take SENTRY_DSN.
They exit with 0 when all was well and with 1 otherwise.

    raven doctor https://KEY@HOST/1
    raven send --message 'backup failed' --level warning --tag host=db-1 https://KEY@HOST/1
`

// environment is what commands run in.
type environment struct {
	registry  *transport.Registry
	out, errs io.Writer
}

// exited carries kong's wish to exit out of its parser, so that run can be
// tested and returns the exit code that this program documents.
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

// advised is an error together with what can be done about it.
type advised struct {
	error
	fix string
}

func (e *advised) Unwrap() error { return e.error }

func fail(errs io.Writer, err error) (code int) {
	lines := strings.Split(plain(err.Error()), "\n")
	fmt.Fprintln(errs, "raven:", strings.Join(lines, "\n  "))
	var a *advised
	if errors.As(err, &a) && a.fix != "" {
		fmt.Fprintln(errs, hanging("  fix: ", a.fix, widthOf(errs)))
	}
	return 1
}

// plain drops the name of the package from each line of an error, since here
// there is only one program that speaks, and masks what looks like a secret.
func plain(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimPrefix(line, "transport: "), "raven: ")
	}
	return secrets.ReplaceAllString(strings.Join(lines, "\n"), "$1:xxxxx@")
}

// secrets matches a user and a password before a host. The errors of package
// transport have masked theirs already; but an argument in the wrong place is
// quoted as it is, and it may be a DSN.
var secrets = regexp.MustCompile(`([^\s:/@"']+):(?:[^\s/]\S*)?@`)

// usageError points to the help of the command that was meant.
func usageError(err error) error {
	help := "raven --help"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context.Selected() != nil {
		help = parse.Context.Selected().FullPath() + " --help"
	}
	return &advised{err, help + " shows how it is used"}
}
