package main

import (
	"context"
	"fmt"
	"time"
)

// receiver is a server for recorded events in a process of its own.
type receiver struct {
	name  string
	child *child
	posts *bare
}

type acceptRow struct {
	name         string
	perSecond    float64 // events per second
	peakBytes    int
	sent, events int // posted and kept events in all rounds
}

// measureAccept posts the same recorded requests to each server, from several
// connections.
func measureAccept(ctx context.Context, s settings) ([]acceptRow, error) {
	requests, err := record(ctx, 256)
	if err != nil {
		return nil, err
	}
	all := []*receiver{{name: "no-op httptest.Server"}, {name: "sentrytest.Server"}}
	for i, server := range []string{noopServer, fakeServer} {
		if err := all[i].start(ctx, requests, server); err != nil {
			return nil, fmt.Errorf("%s: %w", all[i].name, err)
		}
	}
	warmup := min(s.events, 500)
	runs := make([][]throughput, len(all))
	for round := range s.rounds + 1 {
		for i, r := range all {
			if round == 0 {
				if err := r.posts.deliver(ctx, warmup); err != nil {
					return nil, fmt.Errorf("%s: %w", r.name, err)
				}
				continue
			}
			start := time.Now()
			if err := r.posts.deliver(ctx, s.events); err != nil {
				return nil, fmt.Errorf("%s: %w", r.name, err)
			}
			runs[i] = append(runs[i], throughput{seconds: time.Since(start).Seconds()})
		}
	}
	var rows []acceptRow
	var lost error
	for i, r := range all {
		row := acceptRow{
			name: r.name, sent: warmup + s.events*s.rounds,
			perSecond: float64(s.events) / medianOf(runs[i], func(t throughput) float64 { return t.seconds }),
		}
		if row.events, row.peakBytes, err = r.stop(); err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		if err := whole("accept", r.name, row.sent, row.events); err != nil && lost == nil {
			lost = err
		}
		rows = append(rows, row)
	}
	return rows, lost
}

func (r *receiver) start(ctx context.Context, requests []recording, server string) (err error) {
	if r.child, err = startChild(ctx, acceptCommand, server); err != nil {
		return err
	}
	url, err := r.child.readLine()
	if err != nil {
		return err
	}
	r.posts, err = newBare(url+"/api/1/envelope/", requests, someWorkers, false)
	return err
}

// stop ends the server and returns its counts.
func (r *receiver) stop() (events, peakBytes int, err error) {
	r.posts.close()
	if err := r.child.stdin.Close(); err != nil {
		return 0, 0, err
	}
	line, err := r.child.readLine()
	if err != nil {
		return 0, 0, err
	}
	if _, err := fmt.Sscan(line, &events, &peakBytes); err != nil {
		return 0, 0, err
	}
	return events, peakBytes, r.child.end()
}
