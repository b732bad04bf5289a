// Command interop tries the fake with the SDKs that people use: it installs
// each from its registry into a scratch folder, lets it run a fixed scenario
// against `fakesentry serve`, and compares what arrived with what the scenario
// did.
//
//	go run ./sentrytest/interop [--update README.md] [SDK ...]
//
// It is run from the top of the repository. An SDK whose language is not
// installed is left out, and named. The exit code is 1 if anything of a
// scenario that ran is missing. With --update the table between the markers of
// a document is replaced, provided that no SDK was left out.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("interop", flag.ContinueOnError)
	flags.SetOutput(stderr)
	update := flags.String("update", "", "`document` whose table is replaced")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(flags.Args())
	if err != nil {
		return err
	}
	folder := filepath.Join("sentrytest", "interop")
	if _, err := os.Stat(filepath.Join(folder, "main.go")); err != nil {
		return fmt.Errorf("run this from the top of the repository: %w", err)
	}
	scratch, err := os.MkdirTemp("", "interop-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)

	t := trial{folder: folder, scratch: scratch, out: stderr}
	if err := t.buildFake(ctx); err != nil {
		return err
	}
	var results []result
	for _, s := range chosen {
		results = append(results, t.try(ctx, s))
	}
	printTable(stdout, results)
	if err := verdict(results); err != nil {
		return err
	}
	if *update == "" {
		return nil
	}
	return updateTable(*update, results)
}

// choose finds the SDKs with the given names, all of them if there are none.
func choose(names []string) ([]*sdk, error) {
	var chosen []*sdk
	var known []string
	for i := range sdks {
		known = append(known, sdks[i].name)
		if len(names) == 0 || slices.Contains(names, sdks[i].name) {
			chosen = append(chosen, &sdks[i])
		}
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("no SDK is called %q; there are %s", name, strings.Join(known, ", "))
		}
	}
	return chosen, nil
}
