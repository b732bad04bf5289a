package main

import (
	"context"
	"fmt"
	"io"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/console"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/search"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// expectations are the flags of run that decide whether it fails.
type expectations struct {
	count  int
	events []*search.Query
	failOn string
	worse  *search.Query // nil without failOn
}

func (c *runCommand) expectations() (expectations, error) {
	e := expectations{count: c.Expect, failOn: c.FailOn}
	for _, text := range c.ExpectEvent {
		q, err := search.Parse(text)
		if err != nil {
			return e, fmt.Errorf("--expect-event: %w", err)
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
	var lines []string
	if _, err := h.Store.Wait(ctx, e.count, store.Filter{}); err != nil {
		lines = append(lines, fmt.Sprintf("--expect %d: %s", e.count, arrived(h.Store.List(store.Filter{}, 0, 0).Total)))
	}
	for _, q := range e.events {
		if _, err := h.Store.Wait(ctx, 1, store.Filter{Query: q}); err != nil {
			lines = append(lines, fmt.Sprintf("--expect-event '%s': no event matches", q))
		}
	}
	if n := h.Store.List(store.Filter{Query: e.worse}, 0, 0).Total; e.worse != nil && n > 0 {
		lines = append(lines, fmt.Sprintf("--fail-on %s: %s", e.failOn, arrived(n)))
	}
	return lines
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
	all, total, _ := s.Deliveries(func(d *store.Delivery) bool { return len(d.Events) > 0 || d.Rejection != nil }, 0, maxReported)
	if total == 0 {
		fmt.Fprintln(w, "Nothing arrived at all: is SENTRY_DSN read, and are events flushed before the end?")
		return
	}
	fmt.Fprintln(w, "What arrived, the newest first:")
	p := console.New(w, console.Human)
	for _, d := range all {
		// A report that can't be written has nobody to read it.
		_ = printDelivery(p, d)
	}
	if total > len(all) {
		fmt.Fprintf(w, "and %d more\n", total-len(all))
	}
}
