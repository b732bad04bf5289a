package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/console"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/search"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// expectations are the flags of run that decide whether it fails.
type expectations struct {
	count  int
	none   bool // --expect 0
	events []*search.Query
	failOn string
	worse  *search.Query // nil without failOn
}

func (c *runCommand) expectations() (expectations, error) {
	e := expectations{failOn: c.FailOn}
	if c.Expect != nil {
		e.count, e.none = *c.Expect, *c.Expect == 0
	}
	switch {
	case e.count < 0:
		return e, fmt.Errorf("--expect is %d, and has to be a number of events", e.count)
	case e.none && len(c.ExpectEvent) > 0:
		return e, errors.New("--expect 0 fails if any event arrives, and --expect-event if none matches: leave out one or the other")
	}
	for _, text := range c.ExpectEvent {
		q, err := search.Parse(text)
		if err != nil {
			return e, fmt.Errorf("--expect-event: %w", err)
		}
		if len(q.Terms()) == 0 {
			return e, errors.New("--expect-event is empty, and every event would match: for any event, use --expect 1")
		}
		e.events = append(e.events, q)
	}
	if c.FailOn != "" {
		q, err := search.Parse("level:>=" + c.FailOn)
		if err != nil {
			return e, fmt.Errorf("--fail-on: %w", err)
		}
		e.worse = q
	}
	return e, nil
}

// unmet returns a line for each expectation that was not met when everything had arrived.
func (e expectations) unmet(ctx context.Context, h *host.Host) []string {
	// The command may have ended before its last request was read; a signal that ended it does not end this.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	h.Settle(ctx)
	for {
		changed := h.Store.Changed()
		events := distinct(h.Store.Events())
		missing := e.missing(events)
		if len(missing) > 0 {
			select {
			case <-changed:
				continue
			case <-ctx.Done():
			}
		}
		return append(missing, e.excess(events)...)
	}
}

// missing returns a line for each expectation that more events could meet.
func (e expectations) missing(events []*store.Event) []string {
	var lines []string
	if len(events) < e.count {
		lines = append(lines, fmt.Sprintf("--expect %d: %s", e.count, arrived(len(events))))
	}
	for _, q := range e.events {
		if matching(events, q) == 0 {
			lines = append(lines, fmt.Sprintf("--expect-event '%s': no event matches", q))
		}
	}
	return lines
}

// excess returns a line for each expectation that an event has broken.
func (e expectations) excess(events []*store.Event) []string {
	var lines []string
	if e.none && len(events) > 0 {
		lines = append(lines, "--expect 0: "+arrived(len(events)))
	}
	if n := matching(events, e.worse); e.worse != nil && n > 0 {
		lines = append(lines, fmt.Sprintf("--fail-on %s: %s", e.failOn, arrived(n)))
	}
	return lines
}

func matching(events []*store.Event, q *search.Query) (n int) {
	for _, e := range events {
		if e.Matches(q) {
			n++
		}
	}
	return n
}

func arrived(n int) string {
	switch n {
	case 0:
		return "no event arrived"
	case 1:
		return "1 event arrived"
	}
	return fmt.Sprintf("%d events arrived", n)
}

// maxReported bounds how much of what arrived a report shows.
const maxReported = 20

// report says why run fails, and what arrived instead.
func report(w io.Writer, command string, code int, unmet []string, s *store.Store) {
	fmt.Fprintf(w, "\nfakesentry: %s ended with exit code %d, and did not report as expected:\n", console.Plain(command), code)
	for _, line := range unmet {
		fmt.Fprintf(w, "  %s\n", line)
	}
	shown := map[*store.Delivery]bool{}
	for _, e := range distinct(s.Events()) {
		shown[e.Delivery] = true
	}
	all, total, _ := s.Deliveries(func(d *store.Delivery) bool { return d.Rejection != nil || d.Faulted() || shown[d] }, 0, maxReported)
	others := uncounted(s)
	if total == 0 && others == "" {
		fmt.Fprintln(w, "Nothing arrived at all: is SENTRY_DSN read, and are events flushed before the end?")
		adviseAboutProxies(w, os.Environ())
		return
	}
	if total > 0 {
		fmt.Fprintln(w, "What arrived, the newest first:")
	}
	p := console.New(w, console.Human)
	for _, d := range all {
		// A report that can't be written has nobody to read it.
		_ = printDelivery(p, d)
	}
	if total > len(all) {
		fmt.Fprintf(w, "and %d more\n", total-len(all))
	}
	if others != "" {
		fmt.Fprintf(w, "This arrived too, and does not count as an event: %s\n", console.Plain(others))
	}
}

// uncounted says which items have arrived in requests without an event.
func uncounted(s *store.Store) string {
	kinds := map[string]int{}
	all, _, _ := s.Deliveries(func(d *store.Delivery) bool { return d.Rejection == nil && !d.Faulted() && len(d.Events) == 0 }, 0, math.MaxInt)
	for _, d := range withoutCopies(all) {
		for _, item := range d.Items {
			kinds[item.Type]++
		}
		if len(d.Items) == 0 {
			kinds["a request without an item"]++
		}
	}
	var out []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		out = append(out, fmt.Sprintf("%s \u00d7 %d", kind, kinds[kind]))
	}
	return strings.Join(out, ", ")
}
