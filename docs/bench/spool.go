package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/raven"
)

// The lines of the tables about the spool.
const (
	spoolName  = oursName + ", spool_dir"
	fsyncName  = oursName + ", spool_dir, spool_sync=fsync"
	memoryName = oursName + ", in memory"
)

// tempDir makes a directory for a spool. It is on the file system of
// os.TempDir.
func tempDir() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "ravenkit-bench-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}

// inDir returns the options of a DSN for a spool in a directory.
func inDir(dir, sync string) string {
	return "?" + url.Values{"spool_dir": {dir}, "spool_sync": {sync}}.Encode()
}

// spoolRow is the cost of a capture for its caller.
type spoolRow struct {
	name      string
	alone, on cost // with one processor, and with all
}

// measureSpoolCapture measures a capture with a spool beside one without and
// one by sentry-go, by the method of the part capture. The writer of the spool
// runs while a capture waits for it. A single worker keeps other sends from
// running in that time.
func measureSpoolCapture(ctx context.Context, s settings) ([]spoolRow, error) {
	srv, err := startServer(ctx)
	if err != nil {
		return nil, err
	}
	dir, remove, err := tempDir()
	if err != nil {
		return nil, err
	}
	defer remove()
	turns := []struct {
		name    string
		open    func(dsn string) (contender, error)
		options string
		who     contender
		project int
		costs   [2][]cost
	}{
		{name: spoolName, open: ourClient(ctx), options: inDir(dir, "write") + "&workers=1"},
		{name: memoryName, open: ourClient(ctx), options: "?workers=1"},
		{name: peerName, open: func(dsn string) (contender, error) { return newPeer(dsn, nil) }},
	}
	for i := range turns {
		t := &turns[i]
		t.project = srv.newProject()
		if t.who, err = t.open(srv.dsn(t.project, t.options)); err != nil {
			return nil, err
		}
	}
	batches := s.rounds * s.batches
	for i, procs := range []int{1, runtime.NumCPU()} {
		c := captureCase{procs: procs, capture: func(c contender, err error) { c.exception(err) }}
		for turn := range batches * len(turns) {
			// Each is first, second and third equally often.
			t := &turns[(turn+turn/len(turns))%len(turns)]
			spent, err := c.batch(ctx, srv, t.who)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.name, err)
			}
			t.costs[i] = append(t.costs[i], spent)
		}
	}
	var rows []spoolRow
	var lost error
	for _, t := range turns {
		t.who.close()
		got, err := srv.arrived(t.project)
		if err != nil {
			return nil, err
		}
		if err := whole("spool", t.name, 2*batches*(warmups+batchSize), got.events); err != nil && lost == nil {
			lost = err
		}
		rows = append(rows, spoolRow{name: t.name, alone: medianCost(t.costs[0]), on: medianCost(t.costs[1])})
	}
	if err := srv.stop(); err != nil {
		return nil, err
	}
	return rows, lost
}

func ourClient(ctx context.Context) func(dsn string) (contender, error) {
	return func(dsn string) (contender, error) { return newOurs(ctx, dsn) }
}

// capturers are the numbers of goroutines that capture at the same time.
var capturers = []int{1, 8, 64}

// durableRow is how many events per second are captured, for each of
// capturers. With a spool they are on disk then.
type durableRow struct {
	name      string
	perSecond []float64
	// Events that the disk did not take in time, in all rounds, and all.
	unspooled, captured int
}

// measureDurable measures captures while no server listens, so that none is
// delivered meanwhile.
func measureDurable(ctx context.Context, s settings) ([]durableRow, error) {
	rows := []durableRow{{name: memoryName}, {name: spoolName}, {name: fsyncName}}
	rates := make([][][]float64, len(rows)) // by line and goroutines
	for i := range rates {
		rates[i] = make([][]float64, len(capturers))
	}
	for range s.rounds {
		for c, goroutines := range capturers {
			for i, sync := range []string{"", "write", "fsync"} {
				r, err := durable(ctx, s, sync, goroutines)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", rows[i].name, err)
				}
				rates[i][c] = append(rates[i][c], r.perSecond)
				rows[i].captured += r.captured
				rows[i].unspooled += r.unspooled
			}
		}
	}
	for i := range rows {
		for _, r := range rates[i] {
			rows[i].perSecond = append(rows[i].perSecond, median(r))
		}
	}
	return rows, nil
}

type durableRun struct {
	perSecond           float64
	captured, unspooled int
}

// durable captures for s.durable. Without a spool, it counts all captures.
func durable(ctx context.Context, s settings, sync string, goroutines int) (r durableRun, err error) {
	options := ""
	if sync != "" {
		dir, remove, err := tempDir()
		if err != nil {
			return r, err
		}
		defer remove()
		options = inDir(dir, sync)
	}
	c, err := newOurs(ctx, unreachable+options, raven.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return r, err
	}
	defer c.close()
	runtime.GC()
	captured, elapsed := captureTogether(c, goroutines, s.durable)
	r.captured, r.unspooled = captured, c.client.State().Spool.Unspooled
	r.perSecond = float64(r.captured-r.unspooled) / elapsed.Seconds()
	return r, nil
}

// unreachable is a DSN with a port on which nothing listens.
const unreachable = "http://public@127.0.0.1:1/1"

// captureTogether captures from several goroutines until a time is over.
func captureTogether(c contender, goroutines int, during time.Duration) (captured int, elapsed time.Duration) {
	var count atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for range goroutines {
		all.Go(func() {
			descend(depth, func() {
				for time.Since(start) < during {
					c.exception(newError())
					count.Add(1)
				}
			})
		})
	}
	all.Wait()
	return int(count.Load()), time.Since(start)
}
