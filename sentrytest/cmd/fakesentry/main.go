// Command fakesentry is the fake Sentry of package sentrytest as a program.
//
//	fakesentry demo
//
// starts one on loopback, lets an example application report to it through
// every transport that is linked in, and shows what arrived. It exits with 0
// when all was well and with 1 otherwise.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/alecthomas/kong"

	"github.com/ravenkit/ravenkit/transport"
	_ "github.com/ravenkit/ravenkit/transport/all" // the demo shows them all
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], transport.DefaultRegistry(), os.Stdout, os.Stderr))
}

type commands struct {
	Demo demoCommand `cmd:"" help:"Report through every transport to a fake Sentry and show what arrived."`
}

// environment is what commands run in.
type environment struct {
	registry *transport.Registry
	out      io.Writer
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
	parser, err := kong.New(
		new(commands),
		kong.Name("fakesentry"),
		kong.Description("A fake Sentry for tests and development."),
		kong.Writers(out, errs),
		kong.Exit(func(status int) { panic(exited(status)) }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&environment{registry: registry, out: out}),
		kong.UsageOnError(),
	)
	if err != nil {
		fmt.Fprintln(errs, "fakesentry:", err)
		return 1
	}
	command, err := parser.Parse(args)
	parser.FatalIfErrorf(err)
	if err := command.Run(); err != nil {
		fmt.Fprintln(errs, "fakesentry:", err)
		return 1
	}
	return 0
}
