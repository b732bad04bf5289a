package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// traveller is a client that delivers over a long distance.
type traveller struct {
	name  string
	http2 bool // the server offers it
	peer  bool
}

// travellers are the contenders. sentry-go uses HTTP/1.1 even if the server
// offers HTTP/2.
var travellers = []traveller{
	{name: oursName + ", default", http2: true},
	{name: oursName + ", default"},
	{name: peerName + ", default", http2: true, peer: true},
}

// distances are the round-trip times of an answer.
var distances = []time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond}

type distanceRow struct {
	name      string
	away      time.Duration
	proto     string
	conns     int     // the most at one time
	perSecond float64 // events per second
	ofPeer    float64
	cpuMicros float64
}

// measureDistance measures each contender at each distance. Captures wait
// instead of dropping events, because only the speed is measured.
func measureDistance(ctx context.Context, s settings) ([]distanceRow, error) {
	var rows []distanceRow
	for _, away := range distances {
		first := len(rows)
		for _, t := range travellers {
			n := s.distant
			if t.peer {
				// Fewer events, because each takes longer.
				n = max(n/40, 10)
			}
			row, err := t.travel(ctx, away, n)
			if err != nil {
				return nil, fmt.Errorf("%s, %v: %w", t.name, away, err)
			}
			rows = append(rows, row)
		}
		peer := rows[len(rows)-1].perSecond
		for i := first; i < len(rows); i++ {
			rows[i].ofPeer = rows[i].perSecond / peer
		}
	}
	return rows, nil
}

func (t *traveller) travel(ctx context.Context, away time.Duration, n int) (distanceRow, error) {
	srv := newFaraway(t.http2, func(int) (time.Duration, int) { return away, http.StatusOK })
	defer srv.Close()
	deliver, end, err := t.client(ctx, srv)
	if err != nil {
		return distanceRow{}, err
	}
	defer end()
	wait, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	cpu, start := processorTime(), time.Now()
	if err := deliver(wait, n); err != nil {
		return distanceRow{}, err
	}
	took := time.Since(start)
	row := distanceRow{
		name: t.name, away: away, perSecond: float64(n) / took.Seconds(),
		cpuMicros: float64((processorTime() - cpu).Microseconds()) / float64(n),
	}
	var events int
	events, row.conns, row.proto = srv.arrived()
	return row, whole("distance", t.name, n, events)
}

// client returns the functions of a contender that loses no event.
func (t *traveller) client(ctx context.Context, srv *faraway) (deliverFunc, func(), error) {
	if !t.peer {
		c, err := srv.ours(ctx)
		if err != nil {
			return nil, nil, err
		}
		return capturing(c, atOnce), c.close, nil
	}
	w := newWindow()
	w.next = &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: srv.trusting()}
	c, err := newPeer(srv.dsn(), w)
	if err != nil {
		return nil, nil, err
	}
	return capturing(c, w.enter), c.close, nil
}

// paceRow is one line of the table of concurrency: the events in flight in each
// part of a second.
type paceRow struct {
	name  string
	every time.Duration
	peaks []int
}

// measurePace measures how many events are in flight at a server that is
// disturbed in the middle of a burst.
func measurePace(ctx context.Context, s settings) ([]paceRow, error) {
	var rows []paceRow
	for _, d := range []struct {
		name  string
		takes func(since time.Duration, now int) (time.Duration, int)
	}{
		{"429 with Retry-After: 1", func(since time.Duration, _ int) (time.Duration, int) {
			if since > 3*s.tick && since < 4*s.tick {
				return s.tick / 10, http.StatusTooManyRequests
			}
			return s.tick / 10, http.StatusOK
		}},
		{"one at a time", func(since time.Duration, now int) (time.Duration, int) {
			if since > 3*s.tick && since < 12*s.tick {
				return time.Duration(now) * s.tick / 40, http.StatusOK
			}
			return s.tick / 10, http.StatusOK
		}},
	} {
		row := paceRow{name: d.name, every: s.tick}
		begun := time.Now()
		srv := newFaraway(true, func(now int) (time.Duration, int) { return d.takes(time.Since(begun), now) })
		c, err := srv.ours(ctx)
		if err != nil {
			srv.Close()
			return nil, err
		}
		atDepth(func() {
			for range s.pacing {
				c.exception(newError())
			}
		})
		for range 20 {
			if err = pause(ctx, s.tick); err != nil {
				break
			}
			row.peaks = append(row.peaks, srv.peak())
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		// The rest of the burst is irrelevant.
		_ = c.client.Close(ended)
		srv.Close()
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}
