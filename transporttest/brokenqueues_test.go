package transporttest_test

import (
	"context"
	"sync"
	"testing"

	"github.com/ravenkit/ravenkit/transport"
)

type brokenFlush struct {
	transport.Holder
	flush func(ctx context.Context) error
}

func (b brokenFlush) Flush(ctx context.Context) error { return b.flush(ctx) }

func flushes(how func(t *testing.T, tr transport.Holder) func(ctx context.Context) error) func(*testing.T) transport.OpenFunc {
	return async(func(t *testing.T, tr transport.Holder) transport.Holder {
		return brokenFlush{tr, how(t, tr)}
	})
}

var brokenQueues = []broken{
	{
		what: "flushes nothing and returns nil", cases: "FlushPending FlushWaits HoldFlush HoldHandshake HoldOrder HoldRepeats PauseAfterRetryAfter",
		open: flushes(func(*testing.T, transport.Holder) func(context.Context) error {
			return func(context.Context) error { return nil }
		}),
	},
	{
		what: "gives up a Flush without an error", cases: "FlushPending HoldFlush PauseAfterRetryAfter",
		open: flushes(func(_ *testing.T, tr transport.Holder) func(context.Context) error {
			return func(ctx context.Context) error {
				_ = tr.Flush(ctx)
				return nil
			}
		}),
	},
	{
		what: "refuses Flush after Close", cases: "FlushRepeated",
		open: async(func(_ *testing.T, tr transport.Holder) transport.Holder {
			closed, end := context.WithCancel(context.Background())
			return brokenCloseAsync{brokenFlush{tr, func(ctx context.Context) error {
				if closed.Err() != nil {
					return transport.ErrClosed
				}
				return tr.Flush(ctx)
			}}, func(ctx context.Context) error {
				end()
				return tr.Close(ctx)
			}}
		}),
	},
	{what: "flushes later packets, too", cases: "FlushUnderLoad HoldFlush", open: async(flushesLater)},
	{
		what: "waits in the pool for ever", cases: "PoolBlocks",
		open: asyncOver("pool", func(_ *testing.T, tr transport.Holder) transport.Holder {
			return brokenGive{tr, func(ctx context.Context, p *transport.Packet, done callback) {
				tr.SendAsync(context.WithoutCancel(ctx), p, done)
			}}
		}),
	},
}

// flushesLater waits for a moment without packets.
func flushesLater(t *testing.T, tr transport.Holder) transport.Holder {
	var mu sync.Mutex
	pending := 0
	idle := make(chan struct{})
	count := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		if pending += n; pending == 0 {
			close(idle)
			idle = make(chan struct{})
		}
	}
	give := func(ctx context.Context, p *transport.Packet, done callback) {
		count(1)
		tr.SendAsync(ctx, p, func(r *transport.Response, err error) {
			defer count(-1)
			if done != nil {
				done(r, err)
			}
		})
	}
	return brokenFlush{brokenGive{tr, give}, func(ctx context.Context) error {
		mu.Lock()
		wait, n := idle, pending
		mu.Unlock()
		if n > 0 {
			select {
			case <-wait:
			case <-ctx.Done():
			case <-t.Context().Done():
			}
		}
		return tr.Flush(ctx)
	}}
}
