package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
)

// TestMain lets the test binary be its own child process. With the race
// detector, each child would take a second to exit.
func TestMain(m *testing.M) {
	if code, ok := runChild(os.Args[1:]); ok {
		os.Exit(code)
	}
	_ = os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0")
	clearEnvironment()
	os.Exit(m.Run())
}

func TestRunPrintsEveryPart(t *testing.T) {
	var out bytes.Buffer
	args := []string{"-quick", "-events", "60", "-burst", "300"}
	if err := run(t.Context(), args, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"### Capture", "### What a feature costs", "### Delivery", "### Distance", "### Concurrency", "### Burst", "### Outage", "### Servers", "### Capture with spool_dir", "### Captures per second", "### Events that wait on disk", "### fakesentry",
		"| ns/op Ravenkit | sentry-go | ratio |",
		"\n| error, wrapped twice", "\n| the same, with all cores", "\n| message", "\n| error, empty DSN", "\n| error, no client",
		"| ns/op with it | default | ratio |", "\n| source lines in every event", "\n| a request and extra data",
		"\n| Ravenkit | 4 ", "\n| Ravenkit | 1 ", "\n| sentry-go | 1 ",
		"\n| Ravenkit, default | 100ms | HTTP/2.0 |", "\n| Ravenkit, default | 100ms | HTTP/1.1 |", "\n| sentry-go, default | 100ms | HTTP/1.1 |",
		"\n| Ravenkit, overflow=block | 300 | 300 | 100.0% ",
		"\n| Ravenkit, default | 60 of 60 | 20 of 20 | 200 | 200 |", "\n| sentry-go, default | ",
		"\n| no-op httptest.Server | 120 |", "\n| sentrytest.Server | 120 |",
		"\n| Ravenkit, spool_dir | ", "\n| Ravenkit, spool_dir, spool_sync=fsync | ", "\n| Ravenkit, in memory | ", "\n| 30 | ", "\n| 300 | ",
		"\n| fakesentry serve | 300 |", "\n| fakesentry serve --store | 300 |",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out.String())
		}
	}
}

func TestOnlyOnePart(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-quick", "-only", "burst", "-burst", "50"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "### Burst") || strings.Contains(got, "### Capture") {
		t.Errorf("-only burst printed\n%s", got)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s, err := parseSettings([]string{"-quick", "-burst", "7"}, io.Discard)
	if err != nil || s.burst != 7 || s.rounds != 1 || s.events != 500 {
		t.Errorf("-quick -burst 7: got %+v, %v", s, err)
	}
	for _, args := range [][]string{{"-only", "lunch"}, {"-rounds", "0"}, {"-events", "0"}, {"-burst", "-1"}, {"stray"}, {"-nope"}} {
		if _, err := parseSettings(args, io.Discard); err == nil {
			t.Errorf("%q: got no error", args)
		}
	}
	var usage bytes.Buffer
	if _, err := parseSettings([]string{"-h"}, &usage); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: got %v", err)
	}
	for _, want := range []string{"-only", "-events", "-burst", "-rounds", "-quick", "Exits 1"} {
		if !strings.Contains(usage.String(), want) {
			t.Errorf("-h does not mention %s:\n%s", want, usage.String())
		}
	}
}
