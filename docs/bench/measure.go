package main

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// report is everything that one run found out.
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

// measure runs the parts one after the other, so that none disturbs another.
// Events that were lost where none may be are in the error, beside the report;
// of anything else that fails there is no report.
func measure(ctx context.Context, s settings, progress io.Writer) (*report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the children that a failure has left behind
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

// lossError says that a contender lost events where the method makes sure that
// none are lost. The figures beside it are worth nothing then.
type lossError struct {
	part, contender string
	sent, arrived   int
}

// Error names the contender and both counts.
func (e *lossError) Error() string {
	return fmt.Sprintf("%s: %s captured %d events and %d arrived", e.part, e.contender, e.sent, e.arrived)
}

// whole returns a lossError unless everything that was sent has arrived.
func whole(part, contender string, sent, arrived int) error {
	if sent == arrived {
		return nil
	}
	return &lossError{part: part, contender: contender, sent: sent, arrived: arrived}
}
