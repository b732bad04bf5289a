package transporttest_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

type (
	callback = func(*transport.Response, error)
	giveFunc = func(ctx context.Context, p *transport.Packet, done callback)
)

// brokenGive is an asynchronous transport whose SendAsync is broken.
type brokenGive struct {
	transport.Holder
	give giveFunc
}

func (b brokenGive) SendAsync(ctx context.Context, p *transport.Packet, done func(*transport.Response, error)) {
	b.give(ctx, p, done)
}

func gives(how func(t *testing.T, next giveFunc) giveFunc) func(*testing.T) transport.OpenFunc {
	return givesOver("", how)
}

func givesOver(name string, how func(t *testing.T, next giveFunc) giveFunc) func(*testing.T) transport.OpenFunc {
	return asyncOver(name, func(t *testing.T, tr transport.Holder) transport.Holder {
		return brokenGive{tr, how(t, tr.SendAsync)}
	})
}

// callbacksAre breaks the calls of done.
func callbacksAre(name string, change func(r *transport.Response, err error, done callback)) func(*testing.T) transport.OpenFunc {
	return givesOver(name, func(_ *testing.T, next giveFunc) giveFunc {
		return func(ctx context.Context, p *transport.Packet, done callback) {
			if done == nil {
				next(ctx, p, nil)
				return
			}
			next(ctx, p, func(r *transport.Response, err error) { change(r, err, done) })
		}
	})
}

// swallows drops the callbacks of some outcomes.
func swallows(which func(r *transport.Response, err error) bool) func(*testing.T) transport.OpenFunc {
	return callbacksAre("", func(r *transport.Response, err error, done callback) {
		if !which(r, err) {
			done(r, err)
		}
	})
}

// repeats runs the callbacks of some outcomes twice.
func repeats(which func(r *transport.Response, err error) bool) func(*testing.T) transport.OpenFunc {
	return repeatsOver("", which)
}

func repeatsOver(name string, which func(r *transport.Response, err error) bool) func(*testing.T) transport.OpenFunc {
	return callbacksAre(name, func(r *transport.Response, err error, done callback) {
		done(r, err)
		if which(r, err) {
			done(r, err)
		}
	})
}

func says(text string) func(*transport.Response, error) bool {
	return func(_ *transport.Response, err error) bool { return err != nil && strings.Contains(err.Error(), text) }
}

func status400(_ *transport.Response, err error) bool {
	api, ok := is[*transport.APIError](err)
	return ok && api.Status == 400
}

func reset(_ *transport.Response, err error) bool {
	network, ok := is[*transport.NetworkError](err)
	return ok && !network.Timeout() && transport.Retryable(err)
}

func deadline(_ *transport.Response, err error) bool {
	return errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, transport.ErrClosed) && !errors.Is(err, transport.ErrQueueFull)
}

func gaveUp(_ *transport.Response, err error) bool {
	return errors.Is(err, transport.ErrClosed) && err != transport.ErrClosed
}

func refusedClosed(_ *transport.Response, err error) bool { return err == transport.ErrClosed }

func fullQueue(_ *transport.Response, err error) bool {
	return errors.Is(err, transport.ErrQueueFull) && !errors.Is(err, context.DeadlineExceeded)
}

var brokenCallbacks = []broken{
	{
		what: "calls back twice after a delivery", cases: "HoldCloseWaits OnceDelivered OnceHeld OnceReset",
		open: repeats(func(_ *transport.Response, err error) bool { return err == nil }),
	},
	{what: "calls back twice after a refusal", cases: "OnceHeld OnceRefused", open: repeats(status400)},
	{what: "calls back twice after a time-out", cases: "OnceTimedOut", open: repeatsOver("spawn", deadline)},
	{what: "calls back twice after a reset", cases: "OnceReset", open: repeatsOver("spawn", reset)},
	{what: "calls back twice after a failed handshake", cases: "OnceUntrusted", open: repeatsOver("spawn", says("x509"))},
	{what: "calls back twice for packets that Close gave up", cases: "HoldCloseProbes HoldCloseWaits OnceAbandoned OnceTimedOut OnceUntrusted", open: repeats(gaveUp)},
	{what: "calls back twice after Close", cases: "OnceAfterClose", open: repeats(refusedClosed)},
	{what: "calls back twice for evicted packets", cases: "OnceEvicted", open: repeats(fullQueue)},
	{what: "swallows callbacks of refusals", cases: "HeldByCategory HoldRefusals OnceHeld OnceRefused", open: swallows(status400)},
	{what: "swallows callbacks after Close", cases: "OnceAfterClose", open: swallows(refusedClosed)},
	{what: "swallows callbacks of evicted packets", cases: "OnceEvicted PauseRefuses QueueBytes QueueDrops", open: swallows(fullQueue)},
	{what: "swallows callbacks of packets that Close gave up", cases: "CloseGivesUp HoldCloseDrains HoldCloseProbes HoldCloseWaits OnceAbandoned OnceTimedOut OnceUntrusted", open: swallows(gaveUp)},
	{what: "loses packets without a callback", cases: "CallbackNil", open: gives(wantsCallbacks)},
	{what: "stops after a callback that panics", cases: "CallbackPanics", open: gives(giveUpAfterPanic)},
	{what: "calls back under a lock", cases: "CallbackSends FlushUnderLoad", open: gives(callsUnderLock)},
	{what: "refuses packets whose context has ended", cases: "AdmissionContext", open: gives(refusesEnded)},
	{
		what: "uses ctx for the delivery", cases: "AdmissionContext",
		open: async(func(_ *testing.T, tr transport.Holder) transport.Holder {
			return brokenGive{tr, func(ctx context.Context, p *transport.Packet, done callback) {
				tr.SendAsync(ctx, p, func(r *transport.Response, err error) {
					if ctx.Err() != nil && err == nil {
						r, err = nil, ctx.Err()
					}
					if done != nil {
						done(r, err)
					}
				})
			}}
		}),
	},
	{
		what: "sends through the queue", cases: "HoldCloseDrains PauseNotices PauseSend SendPassesQueue",
		open: async(func(_ *testing.T, tr transport.Holder) transport.Holder { return queuedSend{tr} }),
	},
}

func wantsCallbacks(_ *testing.T, next giveFunc) giveFunc {
	return func(ctx context.Context, p *transport.Packet, done callback) {
		if done != nil {
			next(ctx, p, done)
		}
	}
}

func giveUpAfterPanic(_ *testing.T, next giveFunc) giveFunc {
	var stopped atomic.Bool
	return func(ctx context.Context, p *transport.Packet, done callback) {
		if stopped.Load() {
			return
		}
		if done == nil {
			next(ctx, p, nil)
			return
		}
		next(ctx, p, func(r *transport.Response, err error) {
			thrown := true
			defer func() { stopped.CompareAndSwap(false, thrown) }()
			done(r, err)
			thrown = false
		})
	}
}

// callsUnderLock has a lock that the end of the test releases, so that a
// deadlock ends.
func callsUnderLock(t *testing.T, next giveFunc) giveFunc {
	lock := make(chan struct{}, 1)
	acquire := func() {
		select {
		case lock <- struct{}{}:
		case <-t.Context().Done():
		}
	}
	release := func() {
		select {
		case <-lock:
		case <-t.Context().Done():
		}
	}
	return func(ctx context.Context, p *transport.Packet, done callback) {
		if done == nil {
			next(ctx, p, nil)
			return
		}
		acquire()
		release()
		next(ctx, p, func(r *transport.Response, err error) {
			acquire()
			defer release()
			done(r, err)
		})
	}
}

func refusesEnded(_ *testing.T, next giveFunc) giveFunc {
	return func(ctx context.Context, p *transport.Packet, done callback) {
		if ctx.Err() != nil && done != nil {
			done(nil, context.Cause(ctx))
			return
		}
		next(ctx, p, done)
	}
}

// queuedSend makes Send wait until no other packet waits.
type queuedSend struct{ transport.Holder }

func (q queuedSend) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	for q.HoldState().Waiting > 0 {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return nil, &transport.NetworkError{EventID: p.EventID, Host: "queue", Err: ctx.Err()}
		}
	}
	return q.Holder.Send(ctx, p)
}
