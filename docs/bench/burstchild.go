package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// burstChild captures a burst as fast as one goroutine can, waits until the
// kept events are delivered, and writes the result as one line.
func burstChild(args []string, out io.Writer) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: %s CLIENT DSN EVENTS", burstCommand)
	}
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	c, err := burstClient(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	var r burstResult
	r.IdleBytes = peakMemory()
	start := time.Now()
	atDepth(func() {
		for range n {
			c.exception(newError())
		}
	})
	r.CaptureSeconds = time.Since(start).Seconds()
	if err := c.flush(ctx); err != nil {
		return err
	}
	r.Seconds = time.Since(start).Seconds()
	r.PeakBytes = peakMemory()
	c.close()
	return json.NewEncoder(out).Encode(r)
}

func burstClient(ctx context.Context, key, dsn string) (contender, error) {
	if key == "peer" {
		return newPeer(dsn, nil)
	}
	return newOurs(ctx, dsn)
}
