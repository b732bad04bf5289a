package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ravenkit/ravenkit/raven/internal/advice"
	"github.com/ravenkit/ravenkit/transport"
)

// isTee reports whether the DSN sends to several others.
func (t *target) isTee() bool { return t.driver != nil && t.driver.Name == "tee" }

// examineAll examines each target of a tee, even if others fail.
func (e *environment) examineAll(ctx context.Context, t *target) error {
	dsns, err := e.teeTargets(t)
	var failures []error
	if err != nil {
		bad(err, advice.For(err, t.dsn)).print(e.out, "options")
		fmt.Fprintln(e.out)
		failures = append(failures, errors.New("the option to is invalid"))
	}
	for i, d := range dsns {
		if i > 0 {
			fmt.Fprintln(e.out)
		}
		fmt.Fprintf(e.out, "Target %d of %d: %s\n", i+1, len(dsns), d.Host)
		if err := examine(ctx, e, d.Reveal()); err != nil {
			failures = append(failures, fmt.Errorf("target %d, %s: %w", i+1, d.Host, err))
		}
	}
	return errors.Join(failures...)
}

// teeTargets returns the DSNs that a tee sends to, including those of tees
// among its targets. It omits invalid ones; the error has them.
func (e *environment) teeTargets(t *target) (dsns []*transport.DSN, err error) {
	targets, err := transport.TeeTargets(t.dsn)
	faults := []error{err}
	for i, d := range targets {
		if protocol := t.dsn.Option("protocol"); i > 0 && protocol != "" {
			// Only the first DSN may have the option.
			d.Options.Set("protocol", protocol)
		}
		next, err := e.target(d.Reveal())
		if err != nil || !next.isTee() {
			dsns, faults = append(dsns, d), append(faults, err)
			continue
		}
		further, err := e.teeTargets(next)
		dsns, faults = append(dsns, further...), append(faults, err)
	}
	return dsns, errors.Join(faults...)
}
