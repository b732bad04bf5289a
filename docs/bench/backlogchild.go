package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/ravenkit/ravenkit/raven"
)

// What a child process does with a backlog.
const (
	fillBacklog  = "fill"  // captures events, and leaves them on disk
	startBacklog = "start" // finds them, and leaves them there
	drainBacklog = "drain" // delivers them
)

// backlogChild runs a client that has a spool, and writes the result as one
// line.
func backlogChild(args []string, out io.Writer) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: %s %s|%s|%s DSN EVENTS", backlogCommand, fillBacklog, startBacklog, drainBacklog)
	}
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var r backlogResult
	start := time.Now()
	c, err := newOurs(ctx, args[1], raven.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	r.NewSeconds = time.Since(start).Seconds()
	r.Before = residentMemory()
	start = time.Now()
	switch args[0] {
	case fillBacklog:
		atDepth(func() {
			for range n {
				c.exception(newError())
			}
			// Others take the place of those that the disk did not take in
			// time.
			for more := 0; more < c.client.State().Spool.Unspooled; more++ {
				c.exception(newError())
			}
		})
	case startBacklog:
		err = eventually(ctx, func() bool { return onDisk(c.client.State()) >= n })
	case drainBacklog:
		err = eventually(ctx, func() bool { return c.client.Stats().Recovered >= uint64(n) })
	}
	if err != nil {
		return fmt.Errorf("%w: %+v, %d delivered", err, c.client.State(), c.client.Stats().Recovered)
	}
	r.Seconds = time.Since(start).Seconds()
	r.DiskBytes = int(c.client.State().Spool.Bytes)
	r.PeakBytes = peakMemory()
	if args[0] != drainBacklog {
		r.After = residentMemory()
	}
	c.close()
	return json.NewEncoder(out).Encode(r)
}

// onDisk counts the events on disk during an outage: those that have been read
// and the others.
func onDisk(s raven.State) int { return s.Waiting + s.Spool.Waiting }

// eventually polls a condition.
func eventually(ctx context.Context, ok func() bool) error {
	for !ok() {
		if err := pause(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// residentMemory is the memory of this process without what Go can return to
// the system.
func residentMemory() int {
	debug.FreeOSMemory()
	return memoryNow()
}
