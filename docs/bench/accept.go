package main

import (
	"context"
	"fmt"
	"time"
)

// receiver is a server for recorded events in a process of its own.
type receiver struct {
	child *child
	posts *bare
}

type acceptRow struct {
	name         string
	perSecond    float64 // events per second
	sent, events int     // posted and kept events in all rounds
	bodyBytes    int     // of a request, on average
	acceptFigures
}

// acceptFigures are what a server says of itself when all events are there.
type acceptFigures struct {
	peakBytes int           // of resident memory
	heapBytes int           // of live objects
	cpu       time.Duration // of the process
	noLoss    time.Duration // that RequireNoLoss took; 0 for a server without it
}

// measureAccept posts the same recorded requests to each server, from several
// connections.
func measureAccept(ctx context.Context, s settings) ([]acceptRow, error) {
	requests, err := record(ctx, 256)
	if err != nil {
		return nil, err
	}
	posts := []deliverer{{name: "no-op httptest.Server"}, {name: "sentrytest.Server"}}
	servers := make([]receiver, len(posts))
	for i, server := range []string{noopServer, fakeServer} {
		if err := servers[i].start(ctx, requests, server); err != nil {
			return nil, fmt.Errorf("%s: %w", posts[i].name, err)
		}
		posts[i].deliver = servers[i].posts.deliver
	}
	runs, sent, err := takeTurns(ctx, s, posts)
	if err != nil {
		return nil, err
	}
	var rows []acceptRow
	var lost error
	for i, p := range posts {
		row := acceptRow{name: p.name, sent: sent, perSecond: rate(runs[i], s.events)}
		for _, r := range requests {
			row.bodyBytes += len(r.body)
		}
		row.bodyBytes /= len(requests)
		if row.events, row.acceptFigures, err = servers[i].stop(); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		if err := whole("accept", p.name, row.sent, row.events); err != nil && lost == nil {
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

// stop ends the server and returns how many events it has.
func (r *receiver) stop() (events int, f acceptFigures, err error) {
	r.posts.close()
	if err := r.child.stdin.Close(); err != nil {
		return 0, f, err
	}
	line, err := r.child.readLine()
	if err != nil {
		return 0, f, err
	}
	if _, err := fmt.Sscan(line, &events, &f.peakBytes, &f.heapBytes, (*int64)(&f.cpu), (*int64)(&f.noLoss)); err != nil {
		return 0, f, err
	}
	return events, f, r.child.end()
}
