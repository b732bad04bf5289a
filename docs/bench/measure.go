package main

import (
	"context"
	"errors"
	"fmt"
	"io"
)

type report struct {
	machine  machine
	capture  []captureRow
	features []captureRow
	delivery []deliveryRow
	distance []distanceRow
	pace     []paceRow
	burst    []burstRow
	outage   []outageRow
	accept   []acceptRow
	ingest   []ingestRow
}

// measure runs the parts one after the other, so that they don't disturb each
// other. If events were lost that must not be, it returns the report and an
// error. After any other error there is no report.
func measure(ctx context.Context, s settings, progress io.Writer) (*report, error) {
	ctx, cancel := context.WithCancel(ctx)
	// Ends the children after a failure.
	defer cancel()
	rep := &report{machine: thisMachine()}
	var lost []error
	for _, part := range parts {
		if !s.wants(part) {
			continue
		}
		fmt.Fprintf(progress, "bench: %s ...\n", part)
		var err error
		switch part {
		case "capture":
			if rep.capture, err = measureCapture(ctx, s, captureCases); err == nil {
				rep.features, err = measureCapture(ctx, s, featureCases)
			}
		case "delivery":
			rep.delivery, err = measureDelivery(ctx, s)
		case "distance":
			if rep.distance, err = measureDistance(ctx, s); err == nil {
				rep.pace, err = measurePace(ctx, s)
			}
		case "burst":
			rep.burst, err = measureBurst(ctx, s)
		case "outage":
			rep.outage, err = measureOutage(ctx, s)
		case "accept":
			rep.accept, err = measureAccept(ctx, s)
		case "ingest":
			rep.ingest, err = measureIngest(ctx, s)
		}
		if e := new(lossError); errors.As(err, &e) {
			lost = append(lost, err)
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", part, err)
		}
	}
	return rep, errors.Join(lost...)
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
