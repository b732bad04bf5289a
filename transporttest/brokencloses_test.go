package transporttest_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ravenkit/ravenkit/transport"
)

type closeFunc = func(ctx context.Context) error

// brokenClose and brokenCloseAsync are transports whose Close is broken.
type brokenClose struct {
	transport.Transport
	close closeFunc
}

func (b brokenClose) Close(ctx context.Context) error { return b.close(ctx) }

type brokenCloseAsync struct {
	transport.Holder
	close closeFunc
}

func (b brokenCloseAsync) Close(ctx context.Context) error { return b.close(ctx) }

func closes(how func(t *testing.T, next closeFunc) closeFunc) func(*testing.T) transport.OpenFunc {
	return blocking(func(t *testing.T, tr transport.Transport) transport.Transport {
		return brokenClose{tr, how(t, tr.Close)}
	})
}

func closesAsync(how func(t *testing.T, next closeFunc) closeFunc) func(*testing.T) transport.OpenFunc {
	return async(func(t *testing.T, tr transport.Holder) transport.Holder {
		return brokenCloseAsync{tr, how(t, tr.Close)}
	})
}

// closeSoon closes a transport and cancels running sends.
func closeSoon(tr transport.Transport) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = tr.Close(ctx)
}

func ended(ctx context.Context) context.Context {
	ctx, cancel := context.WithTimeout(ctx, 0)
	cancel()
	return ctx
}

var brokenCloses = []broken{
	{what: "sends after Close", cases: "AfterClose", open: reopens},
	{
		what: "returns an error from a second Close", cases: "CloseRepeated CloseTogether",
		open: closes(func(_ *testing.T, next closeFunc) closeFunc {
			var closed atomic.Bool
			return func(ctx context.Context) error {
				err := next(ctx)
				if !closed.CompareAndSwap(false, true) {
					return transport.ErrClosed
				}
				return err
			}
		}),
	},
	{
		what: "returns from a second Close at once", cases: "CloseTogether",
		open: closes(func(_ *testing.T, next closeFunc) closeFunc {
			var closed atomic.Bool
			return func(ctx context.Context) error {
				if closed.CompareAndSwap(false, true) {
					return next(ctx)
				}
				return nil
			}
		}),
	},
	{
		what: "does not wait for running sends", cases: "CloseTogether CloseWaits",
		open: closes(func(_ *testing.T, next closeFunc) closeFunc {
			return func(ctx context.Context) error { return next(ended(ctx)) }
		}),
	},
	{
		what: "does not drain", cases: "CloseDrains CloseTogether CloseWaits HoldCloseDrains HoldCloseProbes HoldCloseWaits OnceUntrusted",
		open: closesAsync(func(_ *testing.T, next closeFunc) closeFunc {
			return func(ctx context.Context) error { return next(ended(ctx)) }
		}),
	},
	{
		what: "gives up without an error", cases: "CloseGivesUp",
		open: closes(func(_ *testing.T, next closeFunc) closeFunc {
			return func(ctx context.Context) error {
				_ = next(ctx)
				return nil
			}
		}),
	},
	{what: "waits for ever at Close", cases: "CloseGivesUp", open: closes(waitsForEver)},
	{what: "waits for callbacks for ever", cases: "CallbackBlocks", open: async(waitsForCallbacks)},
}

func reopens(*testing.T) transport.OpenFunc {
	return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
		tr, err := openSound("sync", dsn, env)
		if err != nil {
			return nil, err
		}
		return brokenSend{tr, func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
			r, err := tr.Send(ctx, p)
			if err != transport.ErrClosed { //nolint:errorlint // cancelled sends wrap it
				return r, err
			}
			fresh, err := openSound("sync", dsn, env)
			if err != nil {
				return nil, err
			}
			defer fresh.Close(ctx)
			// A sender that begins after Close does not count as a goroutine
			// that is left; many cases allow it.
			ctx, cancel := context.WithTimeout(ctx, patience/3)
			defer cancel()
			return fresh.Send(ctx, p)
		}}, nil
	}
}

// waitsForEver waits for ever unless the context has ended already, so that
// cleaning up does not hang.
func waitsForEver(_ *testing.T, next closeFunc) closeFunc {
	return func(ctx context.Context) error {
		if ctx.Err() == nil {
			ctx = context.WithoutCancel(ctx)
		}
		return next(ctx)
	}
}

func waitsForCallbacks(t *testing.T, tr transport.Holder) transport.Holder {
	var running sync.WaitGroup
	give := func(ctx context.Context, p *transport.Packet, done callback) {
		if done == nil {
			tr.SendAsync(ctx, p, nil)
			return
		}
		running.Add(1)
		tr.SendAsync(ctx, p, func(r *transport.Response, err error) {
			defer running.Done()
			done(r, err)
		})
	}
	return brokenCloseAsync{brokenGive{tr, give}, func(ctx context.Context) error {
		tidying := ctx.Err() != nil
		err := tr.Close(ctx)
		if stuck, ok := is[*transport.UndeliveredError](err); ok && stuck.Stuck > 0 && !tidying {
			running.Wait()
		}
		return err
	}}
}

var brokenLeaks = []broken{
	{
		what: "leaves a goroutine", cases: "NoGoroutineLeft",
		open: closes(func(t *testing.T, next closeFunc) closeFunc {
			return func(ctx context.Context) error {
				go func() { <-t.Context().Done() }()
				return next(ctx)
			}
		}),
	},
	{what: "leaves a connection", cases: "NoSocketLeft", open: leavesConnection},
}

// leavesConnection opens a connection at Close, if it had others before.
func leavesConnection(t *testing.T) transport.OpenFunc {
	return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
		tr, err := openSound("sync", dsn, env)
		if err != nil {
			return nil, err
		}
		var used atomic.Bool
		send := func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
			used.Store(true)
			return tr.Send(ctx, p)
		}
		return brokenClose{brokenSend{tr, send}, func(ctx context.Context) error {
			if used.Load() {
				if c, err := env.DialContext(t.Context(), "tcp", dsn.Host); err == nil {
					context.AfterFunc(t.Context(), func() { _ = c.Close() })
				}
			}
			return tr.Close(ctx)
		}}, nil
	}
}
