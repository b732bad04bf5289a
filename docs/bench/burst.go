package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
)

// burster captures a burst in a process of its own, so that its peak of memory
// is measured alone.
type burster struct {
	name    string
	key     string // its name for the child process
	options string // of the DSN
	lossy   bool   // it may drop events
}

var bursters = []burster{
	{name: oursName + ", default", key: "ours", lossy: true},
	{name: oursName + ", overflow=block", key: "ours", options: "?overflow=block"},
	{name: peerName + ", default", key: "peer", lossy: true},
}

type burstRow struct {
	name         string
	sent, events int // captured and arrived events
	burstResult
}

type burstResult struct {
	CaptureSeconds float64
	Seconds        float64 // until all kept events were delivered
	IdleBytes      int     // peak of memory before the burst
	PeakBytes      int     // and after it
}

func measureBurst(ctx context.Context, s settings) ([]burstRow, error) {
	srv, err := startServer(ctx)
	if err != nil {
		return nil, err
	}
	var rows []burstRow
	var lost error
	for _, b := range bursters {
		row, err := b.run(ctx, srv, s.burst)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.name, err)
		}
		rows = append(rows, row)
		if !b.lossy && lost == nil {
			lost = whole("burst", b.name, row.sent, row.events)
		}
	}
	if err := srv.stop(); err != nil {
		return nil, err
	}
	return rows, lost
}

func (b *burster) run(ctx context.Context, srv *server, n int) (burstRow, error) {
	project := srv.newProject()
	c, err := startChild(ctx, burstCommand, b.key, srv.dsn(project, b.options), strconv.Itoa(n))
	if err != nil {
		return burstRow{}, err
	}
	line, err := c.readLine()
	if err != nil {
		return burstRow{}, err
	}
	if err := c.end(); err != nil {
		return burstRow{}, err
	}
	row := burstRow{name: b.name, sent: n}
	if err := json.Unmarshal([]byte(line), &row.burstResult); err != nil {
		return burstRow{}, err
	}
	t, err := srv.arrived(project)
	row.events = t.events
	return row, err
}
