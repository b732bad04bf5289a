package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/ravenkit/ravenkit/raven"
)

// childDSN is the environment variable that makes this program a child. It has
// the DSN.
const childDSN = "CRASH_CHILD_DSN"

// What a child prints after an id.
const (
	onDisk   = "on disk"
	inMemory = "in memory"
)

// child captures about a thousand events a second until its input ends, and
// prints the id of each. Then it delivers what is on disk. It returns the exit
// code.
func child(dsn string, stdin io.Reader, stdout, stderr io.Writer) int {
	logger := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelError + 1}))
	client, err := raven.New(dsn, raven.WithLogger(logger))
	if err != nil {
		fmt.Fprintln(stderr, "child:", err)
		return 1
	}
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		close(ended)
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for n, unspooled := 1, 0; ; n++ {
		select {
		case <-ended:
			if err := client.Close(context.Background()); err != nil {
				fmt.Fprintln(stderr, "child:", err)
				return 1
			}
			return 0
		case <-tick.C:
		}
		id := client.CaptureMessage(context.Background(), fmt.Sprint("event ", n))
		// A disk that takes more than 100 ms for a write does not hold up the
		// program. The event waits in memory then.
		where := onDisk
		if now := client.State().Spool.Unspooled; now > unspooled {
			unspooled, where = now, inMemory
		}
		fmt.Fprintln(stdout, id, where)
	}
}
