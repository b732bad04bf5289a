package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// settings are the sizes of the measurements.
type settings struct {
	only    string
	events  int // of one delivery run
	burst   int // of one burst
	rounds  int
	batches int           // captures in a round
	replay  int           // events that wait during an outage
	every   time.Duration // between events of an outage
	distant int           // events over a distance
	pacing  int           // events of a burst whose concurrency is measured
	tick    time.Duration // between two measurements of it
	durable time.Duration // of captures whose rate is measured
}

// parts are the values of -only, in the order in which they are measured.
var parts = []string{"capture", "delivery", "distance", "burst", "outage", "accept", "spool", "ingest"}

func parseSettings(args []string, usage io.Writer) (settings, error) {
	s := settings{batches: 60, replay: 5_000, every: 100 * time.Millisecond, distant: 2_000, pacing: 20_000, tick: time.Second, durable: time.Second / 2}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(usage)
	f.StringVar(&s.only, "only", "", "measure one `part`: "+strings.Join(parts, ", ")+" (default all)")
	f.IntVar(&s.events, "events", 20_000, "events that each contender delivers in a round")
	f.IntVar(&s.burst, "burst", 100_000, "events of a burst, to a client and to fakesentry, and on disk")
	f.IntVar(&s.rounds, "rounds", 5, "rounds of capture, delivery, accept and spool; the tables show medians")
	quick := f.Bool("quick", false, "small numbers, to check that everything works; other flags take precedence")
	f.Usage = func() {
		fmt.Fprint(usage, "usage: go run . [flags]\n\n"+
			"Compares Ravenkit with sentry-go, bare net/http and a server that does nothing,\n"+
			"and prints tables of ratios as Markdown. Exits 1 if anything failed, or if events\n"+
			"were lost that must not be.\n\n")
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if *quick {
		s.shrink(f)
	}
	return s, s.check(f)
}

// shrink sets the small values of -quick where no flag was given.
func (s *settings) shrink(f *flag.FlagSet) {
	s.batches, s.replay, s.every = 3, 200, 5*time.Millisecond
	s.distant, s.pacing, s.tick = 100, 500, 20*time.Millisecond
	s.durable = 20 * time.Millisecond
	given := map[string]bool{}
	f.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for _, small := range []struct {
		name  string
		value *int
		to    int
	}{{"events", &s.events, 500}, {"burst", &s.burst, 2_000}, {"rounds", &s.rounds, 1}} {
		if !given[small.name] {
			*small.value = small.to
		}
	}
}

func (s *settings) check(f *flag.FlagSet) error {
	switch {
	case f.NArg() > 0:
		return fmt.Errorf("unexpected argument %q; see -h", f.Arg(0))
	case s.only != "" && !slices.Contains(parts, s.only):
		return fmt.Errorf("-only %s: want one of %s", s.only, strings.Join(parts, ", "))
	case s.events < 1 || s.burst < 1 || s.rounds < 1:
		return fmt.Errorf("-events, -burst and -rounds must be at least 1")
	}
	return nil
}

func (s *settings) wants(part string) bool { return s.only == "" || s.only == part }
