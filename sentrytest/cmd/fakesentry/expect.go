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

// expectations are the conditions under which run succeeds.
type expectations struct {
	count  int
	none   bool // --expect 0
	events []*search.Query
	failOn string
	worse  *search.Query // events of the level failOn or above; nil without failOn
}

func (c *runCommand) expectations() (expectations, error) {
	e := expectations{failOn: c.FailOn}
	if c.Expect != nil {
		e.count, e.none = *c.Expect, *c.Expect == 0
	}
	switch {
	case e.count < 0:
		return e, fmt.Errorf("--expect is %d: it must be 0 or more", e.count)
	case e.none && len(c.ExpectEvent) > 0:
		return e, errors.New("--expect 0 and --expect-event exclude each other: one allows no event, the other requires one")
	}
	for _, text := range c.ExpectEvent {
		q, err := search.Parse(text)
		if err != nil {
			return e, fmt.Errorf("--expect-event: %w", err)
		}
		if len(q.Terms()) == 0 {
			return e, errors.New("--expect-event is empty: to accept any event, use --expect 1")
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

// unmet returns a line for each expectation that is not met after all events
// arrived.
func (e expectations) unmet(ctx context.Context, h *host.Host) []string {
	// The command may end before the server has read its last request. A signal
	// must not cut this wait short.
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

// excess returns a line for each expectation that an event broke.
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

// maxReported bounds the deliveries in a report.
const maxReported = 20

// report prints which expectations were not met, and what arrived.
func report(w io.Writer, command string, code int, unmet []string, s *store.Store) {
	fmt.Fprintf(w, "\nfakesentry: %s ended with exit code %d, and did not meet these expectations:\n", console.Plain(command), code)
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
		fmt.Fprintln(w, "Nothing arrived. Check that the program reads SENTRY_DSN and flushes its events before it ends.")
		adviseAboutProxies(w, os.Environ())
		return
	}
	if total > 0 {
		fmt.Fprintln(w, "What arrived, newest first:")
	}
	p := console.New(w, console.Human)
	for _, d := range all {
		// If the report can't be written, there is no place for this error.
		_ = printDelivery(p, d)
	}
	if total > len(all) {
		fmt.Fprintf(w, "and %d more\n", total-len(all))
	}
	if others != "" {
		fmt.Fprintf(w, "Also arrived, but not as events: %s\n", console.Plain(others))
	}
}

// uncounted counts, by type, the items of requests without an event.
func uncounted(s *store.Store) string {
	kinds := map[string]int{}
	all, _, _ := s.Deliveries(func(d *store.Delivery) bool { return d.Rejection == nil && !d.Faulted() && len(d.Events) == 0 }, 0, math.MaxInt)
	for _, d := range withoutCopies(all) {
		for _, item := range d.Items {
			kinds[item.Type]++
		}
		if len(d.Items) == 0 {
			kinds["requests without an item"]++
		}
	}
	var out []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		out = append(out, fmt.Sprintf("%s \u00d7 %d", kind, kinds[kind]))
	}
	return strings.Join(out, ", ")
}
