// Command oracle compares the findings of package sentrytest with what Relay
// itself does. It judges some 3,000 events by both, and prints a table and each
// difference with its event.
//
//	go run ./sentrytest/interop/oracle [--all] [--class NAME]
//	go run ./sentrytest/interop/oracle --tables
//
// Run it at the top of the repository. It installs Relay's library for Python
// into a temporary folder; with SENTRY_RELAY_PACKAGES it uses the one there.
// The exit code is 1 if the two agree on fewer events than they have to, or if
// they differ in a new way. Without Python it does nothing and says so.
//
// With --tables it asks Relay for the types, lengths and sizes of all
// attributes and writes them into package lint.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("oracle", flag.ContinueOnError)
	flags.SetOutput(stderr)
	all := flags.Bool("all", false, "print every difference, not the first of each kind")
	only := flags.String("class", "", "judge the events of this `class` only")
	tables := flags.Bool("tables", false, "write the tables of package lint")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join("sentrytest", "interop", "oracle", "main.go")); err != nil {
		return fmt.Errorf("run this from the top of the repository: %w", err)
	}
	if _, err := exec.LookPath("python3"); err != nil {
		fmt.Fprintln(stdout, "LEFT OUT: the findings were not compared with Relay: python3 is not installed")
		return nil
	}
	scratch, err := os.MkdirTemp("", "oracle-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	r, err := newRelay(ctx, scratch)
	if err != nil {
		fmt.Fprintln(stdout, "LEFT OUT: the findings were not compared with Relay:", err)
		return nil
	}
	if *tables {
		return writeTables(ctx, r, filepath.Join("sentrytest", "internal", "lint", "tables.go"))
	}
	samples, err := corpus(filepath.Join("sentrytest", "testdata", "fuzz"))
	if err != nil {
		return err
	}
	return compare(ctx, r, samples, *only, *all, stdout)
}
