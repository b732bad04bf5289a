package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	if code, ok := runChild(os.Args[1:]); ok {
		os.Exit(code)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures the parts that args select. The tables are written to out at the
// end, and messages to progress meanwhile, because it takes minutes.
func run(ctx context.Context, args []string, out, progress io.Writer) error {
	s, err := parseSettings(args, progress)
	if err != nil {
		return err
	}
	clearEnvironment()
	tables, err := measure(ctx, s, progress)
	if tables == nil {
		return err
	}
	fmt.Fprintln(out, thisMachine())
	for _, t := range tables {
		t.print(out)
	}
	return err
}

// clearEnvironment removes settings from the environment that would affect only
// one of the contenders.
func clearEnvironment() {
	for _, name := range []string{
		"SENTRY_DSN", "SENTRY_RELEASE", "SENTRY_ENVIRONMENT", "SENTRY_NAME", "SENTRYGODEBUG",
	} {
		_ = os.Unsetenv(name)
	}
}
