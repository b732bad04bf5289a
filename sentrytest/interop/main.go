// Command interop tests the fake with Sentry's SDKs. It installs each from its
// registry into a temporary folder, runs a fixed scenario with it against
// `fakesentry serve`, and checks what arrived.
//
//	go run ./sentrytest/interop [--update README.md] [--save EVENTS] [SDK ...]
//
// Run it at the top of the repository. It leaves out, and names, SDKs whose
// language is not installed. The exit code is 1 if a scenario ran and something
// is missing, or has a finding for which a strict server fails a test. With
// --update it replaces the table between the markers of a document, unless an
// SDK was left out. With --save it writes the events that arrived into a file,
// one a line.
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
	save := flags.String("save", "", "`file` for the events that arrived")
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
	if *save != "" {
		file, err := os.Create(*save)
		if err != nil {
			return err
		}
		defer file.Close()
		t.save = file
	}
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

// choose finds the SDKs with the given names. Without names it returns all.
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
			return nil, fmt.Errorf("there is no SDK %q: use one of %s", name, strings.Join(known, ", "))
		}
	}
	return chosen, nil
}
