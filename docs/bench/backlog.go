package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// backlogRow is about a number of events that wait on disk.
type backlogRow struct {
	waiting int
	body    float64       // bytes of an event's body
	filled  backlogResult // of the process that captured them
	started backlogResult // of a new process, during an outage
	drained backlogResult // of a new process that delivers them
	// Events per second of a burst that waits in memory, with its captures.
	ofMemory float64
	arrived  int
}

// backlogResult is what a child process measures.
type backlogResult struct {
	NewSeconds float64 // time of raven.New
	Seconds    float64 // from there until all events are captured or delivered
	Before     int     // resident memory when the client exists
	After      int     // the same with the events
	PeakBytes  int
	DiskBytes  int
}

// measureBacklog lets events wait on disk while the server answers 503, and
// delivers them in a new process.
func measureBacklog(ctx context.Context, s settings) ([]backlogRow, error) {
	srv, err := startServer(ctx)
	if err != nil {
		return nil, err
	}
	var rows []backlogRow
	var lost error
	for _, n := range []int{max(s.burst/10, 1), s.burst} {
		row := backlogRow{waiting: n}
		if err := row.measure(ctx, srv, s.rounds); err != nil {
			return nil, err
		}
		rows = append(rows, row)
		if lost == nil {
			lost = whole("spool", spoolName, n, row.arrived)
		}
	}
	if err := srv.stop(); err != nil {
		return nil, err
	}
	return rows, lost
}

func (r *backlogRow) measure(ctx context.Context, srv *server, rounds int) error {
	dir, remove, err := tempDir()
	if err != nil {
		return err
	}
	defer remove()
	project := srv.newProject()
	run := func(mode string) (backlogResult, error) {
		return runBacklog(ctx, mode, srv.dsn(project, inDir(dir, "write")+"&spool_bytes=1073741824"), r.waiting)
	}
	if err := r.measureBody(ctx, srv); err != nil {
		return err
	}
	if err := srv.refuse(); err != nil {
		return err
	}
	if r.filled, err = run(fillBacklog); err != nil {
		return err
	}
	var starts []backlogResult
	for range rounds {
		started, err := run(startBacklog)
		if err != nil {
			return err
		}
		starts = append(starts, started)
	}
	r.started = starts[0]
	r.started.NewSeconds = medianOf(starts, func(s backlogResult) float64 { return s.NewSeconds })
	if err := srv.accept(); err != nil {
		return err
	}
	if r.drained, err = run(drainBacklog); err != nil {
		return err
	}
	got, err := srv.arrived(project)
	if err != nil {
		return err
	}
	r.arrived = got.events
	memory, err := bursters[0].run(ctx, srv, r.waiting)
	r.ofMemory = float64(memory.events) / memory.Seconds
	return err
}

// measureBody sends the same events without compression.
func (r *backlogRow) measureBody(ctx context.Context, srv *server) error {
	project := srv.newProject()
	if err := captureSome(ctx, srv.dsn(project, "?compression=none&overflow=block"), r.waiting); err != nil {
		return err
	}
	got, err := srv.arrived(project)
	r.body = float64(got.bytes) / float64(max(got.events, 1))
	return err
}

func runBacklog(ctx context.Context, mode, dsn string, n int) (backlogResult, error) {
	var r backlogResult
	c, err := startChild(ctx, backlogCommand, mode, dsn, strconv.Itoa(n))
	if err != nil {
		return r, err
	}
	line, err := c.readLine()
	if err != nil {
		return r, fmt.Errorf("%s: %w", mode, err)
	}
	if err := c.end(); err != nil {
		return r, fmt.Errorf("%s: %w", mode, err)
	}
	return r, json.Unmarshal([]byte(line), &r)
}

// each is a number of bytes for each event.
func (r *backlogRow) each(bytes int) float64 { return float64(max(bytes, 0)) / float64(r.waiting) }

func (r *backlogRow) perSecond() float64 {
	return float64(r.waiting) / r.drained.Seconds
}

func seconds(f float64) time.Duration { return time.Duration(f * float64(time.Second)) }
