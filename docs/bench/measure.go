package main

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// measurement is one table of a part.
type measurement struct {
	part    string
	measure func(context.Context, settings) (table, error)
}

// measurements are in the order in which they run.
var measurements = []measurement{
	{"capture", as(captureTable("Capture, on the caller's goroutine", oursName, peerName), captureOf(captureCases))},
	{"capture", as(captureTable("What a feature costs", "with it", "default"), captureOf(featureCases))},
	{"delivery", as(deliveryTable, measureDelivery)},
	{"distance", as(distanceTable, measureDistance)},
	{"distance", as(paceTable, measurePace)},
	{"burst", as(burstTable, measureBurst)},
	{"outage", as(outageTable, measureOutage)},
	{"accept", as(acceptTable, measureAccept)},
	{"spool", as(spoolTable, measureSpoolCapture)},
	{"spool", as(durableTable, measureDurable)},
	{"spool", as(backlogTable, measureBacklog)},
	{"ingest", as(ingestTable, measureIngest)},
}

// as returns the rows of a measurement as a table.
func as[R any](tabulate func([]R) table, measure func(context.Context, settings) ([]R, error)) func(context.Context, settings) (table, error) {
	return func(ctx context.Context, s settings) (table, error) {
		rows, err := measure(ctx, s)
		if rows == nil {
			return table{}, err
		}
		return tabulate(rows), err
	}
}

// measure runs the measurements one after the other, so that they don't disturb
// each other. If events were lost that must not be, it returns the tables and
// an error. After any other error there are no tables.
func measure(ctx context.Context, s settings, progress io.Writer) ([]table, error) {
	ctx, cancel := context.WithCancel(ctx)
	// Ends the children after a failure.
	defer cancel()
	var tables []table
	var lost []error
	for _, m := range measurements {
		if !s.wants(m.part) {
			continue
		}
		fmt.Fprintf(progress, "bench: %s ...\n", m.part)
		t, err := m.measure(ctx, s)
		if _, ok := errors.AsType[*lossError](err); ok {
			lost = append(lost, err)
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", m.part, err)
		}
		tables = append(tables, t)
	}
	return tables, errors.Join(lost...)
}

// lossError says that a contender lost events although the method must not lose
// any. The figures are then invalid.
type lossError struct {
	part, contender string
	sent, arrived   int
}

// Error names the contender and both counts.
func (e *lossError) Error() string {
	return fmt.Sprintf("%s: %s captured %d events and %d arrived", e.part, e.contender, e.sent, e.arrived)
}

// whole returns a lossError unless every sent event arrived.
func whole(part, contender string, sent, arrived int) error {
	if sent == arrived {
		return nil
	}
	return &lossError{part: part, contender: contender, sent: sent, arrived: arrived}
}
