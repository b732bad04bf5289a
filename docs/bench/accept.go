package main

import (
	"context"
	"fmt"
)

// receiver is a server for recorded events in a process of its own.
type receiver struct {
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
		if row.events, row.peakBytes, err = servers[i].stop(); err != nil {
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
