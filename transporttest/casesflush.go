package transporttest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

var flushCases = []Case{
	{
		Name: "FlushWaits", Rule: "Flush waits until every packet accepted before the call is settled: until its callback has returned.",
		needs: []need{needsAsync}, run: flushWaits,
	},
	{
		Name: "FlushPending", Rule: "It returns nil then. If ctx ends first, it returns an *UndeliveredError with the number of Pending packets.",
		needs: []need{needsAsync}, run: flushPending,
	},
	{
		Name: "FlushUnderLoad", Rule: "Packets accepted after the call don't prolong it.",
		needs: []need{needsAsync}, run: flushUnderLoad,
	},
	{
		Name: "FlushRepeated", Rule: "It may be called often, concurrently, and after Close.",
		needs: []need{needsAsync}, run: flushRepeated,
	},
}

// settleTime is the duration of a slow answer and of a slow callback.
const settleTime = 20 * time.Millisecond

func flushWaits(t *trial) {
	const n = 8
	srv := t.serve(sentrytest.OK().After(settleTime).Times(n))
	l := t.open(srv)
	var returned atomic.Int64
	for range n {
		l.hand(context.Background(), l.packet(), func(*transport.Response, error) {
			<-time.After(settleTime)
			returned.Add(1)
		})
	}
	if err := l.flush(context.Background()); err != nil {
		t.Errorf("want nil from Flush, got %v", err)
	}
	if got := returned.Load(); got < n {
		t.Errorf("Flush returned nil when %d of %d callbacks had returned", got, n)
	}
}

func flushPending(t *trial) {
	const n = 6
	srv := t.serve(sentrytest.Hang().Times(-1))
	l := t.open(srv)
	l.submitAll(n)
	t.requests(srv, 1)
	for range 2 {
		ctx, cancel := shortly()
		defer cancel()
		err := l.flush(ctx)
		t.pending("a server that hangs", err, n)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("errors.Is does not find the cause of the context's end in %v", err)
		}
	}
}

// flushUnderLoad keeps the queue busy: each callback sends the next packet
// before it returns. Answers are slow, because no time would pass in a bubble
// otherwise.
func flushUnderLoad(t *trial) {
	l := t.open(t.serve(sentrytest.OK().After(settleTime).Times(-1).Optional()))
	var stop atomic.Bool
	t.Cleanup(func() { stop.Store(true) })
	var next func(*transport.Response, error)
	next = func(_ *transport.Response, err error) {
		if err == nil && !stop.Load() {
			l.async.SendAsync(context.Background(), l.packet(), next)
		}
	}
	for range 4 {
		l.hand(context.Background(), l.packet(), next)
	}
	for range 3 {
		if err := l.flush(context.Background()); err != nil {
			t.Errorf("want nil from Flush, got %v", err)
		}
	}
	stop.Store(true)
}

func flushRepeated(t *trial) {
	l := t.open(t.serve())
	if err := l.flush(context.Background()); err != nil {
		t.Errorf("with nothing sent: want nil from Flush, got %v", err)
	}
	l.submitAll(20)
	const n = 8
	flushed := make(chan error, n)
	for range n {
		go func() { flushed <- l.async.Flush(context.Background()) }()
	}
	for range n {
		if err := receive(t, "the return of Flush", flushed); err != nil {
			t.Errorf("concurrent calls: want nil from Flush, got %v", err)
		}
	}
	l.shut()
	if err := l.flush(context.Background()); err != nil {
		t.Errorf("after Close: want nil from Flush, got %v", err)
	}
}
