package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

type throughput struct{ seconds, cpuSeconds float64 }

type deliveryRow struct {
	// The line's name, and the name of the line to compare with.
	name, bare   string
	conns        int
	perSecond    float64 // events per second
	cpuMicros    float64 // per event, of this process; 0: unknown
	bytes        float64 // of a request's body
	sent, events int     // captured and arrived events in all rounds
}

func measureDelivery(ctx context.Context, s settings) ([]deliveryRow, error) {
	srv, err := startServer(ctx)
	if err != nil {
		return nil, err
	}
	all, err := deliverers(ctx, srv)
	if err != nil {
		return nil, err
	}
	runs, sent, err := takeTurns(ctx, s, all)
	if err != nil {
		return nil, err
	}
	rows, err := deliveryRows(srv, all, runs, s.events, sent)
	for _, d := range all {
		d.close()
	}
	if stopped := srv.stop(); stopped != nil {
		return nil, stopped
	}
	return rows, err
}

// takeTurns runs all contenders in each round, after a short round that does
// not count. It returns the counted runs, and how many events each one sent.
func takeTurns(ctx context.Context, s settings, all []deliverer) (runs [][]throughput, sent int, err error) {
	warmup := min(s.events, 500)
	runs = make([][]throughput, len(all))
	for round := range s.rounds + 1 {
		n := s.events
		if round == 0 {
			n = warmup
		}
		for i, d := range all {
			t, err := d.run(ctx, n)
			if err != nil {
				return nil, 0, fmt.Errorf("%s: %w", d.name, err)
			}
			if round > 0 {
				runs[i] = append(runs[i], t)
			}
		}
	}
	return runs, warmup + s.events*s.rounds, nil
}

// rate is the events per second of runs with n events each.
func rate(runs []throughput, n int) float64 {
	return float64(n) / medianOf(runs, func(t throughput) float64 { return t.seconds })
}

func (d *deliverer) run(ctx context.Context, n int) (throughput, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	runtime.GC()
	cpu, start := processorTime(), time.Now()
	err := d.deliver(ctx, n)
	return throughput{seconds: time.Since(start).Seconds(), cpuSeconds: (processorTime() - cpu).Seconds()}, err
}

func deliveryRows(srv *server, all []deliverer, runs [][]throughput, n, sent int) ([]deliveryRow, error) {
	var rows []deliveryRow
	var lost error
	for i, d := range all {
		t, err := srv.arrived(d.project)
		if err != nil {
			return nil, err
		}
		if err := whole("delivery", fmt.Sprintf("%s over %d connections", d.name, d.conns), sent, t.events); err != nil && lost == nil {
			lost = err
		}
		rows = append(rows, deliveryRow{
			name: d.name, bare: d.bare, conns: d.conns, sent: sent, events: t.events,
			perSecond: rate(runs[i], n),
			cpuMicros: 1e6 * medianOf(runs[i], func(t throughput) float64 { return t.cpuSeconds }) / float64(n),
			bytes:     float64(t.bytes) / float64(max(t.events, 1)),
		})
	}
	return rows, lost
}
