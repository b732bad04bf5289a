package transporttest_test

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

var brokenPauses = []broken{
	{
		what: "treats a refused dial as a broken connection", cases: "HoldCloseProbes HoldRepeats PauseAfterDial PauseRefuses",
		open: takes(func(_ int, err error) error {
			if errors.Is(err, syscall.ECONNREFUSED) {
				return &transport.NetworkError{Host: "h", Err: syscall.ECONNREFUSED}
			}
			return nil
		}),
	},
	{
		what: "applies a Retry-After to its packet only", cases: "HoldCloseDrains HoldCloseProbes HoldHour HoldRetryAfter PauseAfterRetryAfter PauseNotices PauseRefuses PauseSend",
		open: takes(func(_ int, err error) error {
			if asksToWait(err) {
				api, _ := is[*transport.APIError](err)
				return waitExactly(api.RetryAfter)
			}
			return nil
		}),
	},
	{what: "ignores successes between failures", cases: "PauseAfterTwo", open: heldWith(forgetsSuccesses)},
	{what: "probes with the same packet until it is delivered", cases: "HoldOrder PauseProbes", open: heldWith(insists)},
	{what: "waits again after each pause", cases: "HoldCloseWaits PauseEnds", open: heldWith(takesBreaks)},
	{what: "sends all failed packets at once after a pause", cases: "PauseGrows", open: heldWith(storms)},
	{what: "runs twice as many workers as it should", cases: "HoldHalves", open: heldWith(doublesWorkers)},
	{
		what: "loses packets that wait when a limit begins", cases: "HoldLimits HoldLimitsHour",
		open: takes(func(_ int, err error) error {
			if _, ok := is[*transport.RateLimitedError](err); ok {
				return errAnything
			}
			return nil
		}),
	},
	{
		what: "blocks its callers during a pause", cases: "PauseRefuses",
		open: gives(func(t *testing.T, next giveFunc) giveFunc {
			return func(ctx context.Context, p *transport.Packet, done callback) {
				next(ctx, p, func(r *transport.Response, err error) {
					if errors.Is(err, transport.ErrQueueFull) && errors.Is(err, syscall.ECONNREFUSED) {
						sleep(t.Context(), time.Minute)
					}
					if done != nil {
						done(r, err)
					}
				})
			}
		}),
	},
	{
		what: "ignores workers", cases: "HoldHalves HoldLimits HoldLimitsHour HoldOrder PauseGrows PauseRefuses QueueBlocks",
		chance: "OnceEvicted QueueBytes QueueDrops", open: ignores("", "workers"),
	},
	{what: "ignores the outcomes of Send", cases: "HoldCloseDrains PauseNotices PauseSend", open: heldWith(func() fault { return fault{direct: true} })},
	{
		what: "does not announce the end of a pause", cases: "PauseNotices PauseSend",
		open: async(func(_ *testing.T, tr transport.Holder) transport.Holder { return silent{tr} }),
	},
	{what: "calls its watchers under a lock", cases: "PauseNotices", open: async(watchesUnderLock)},
}

// forgetsSuccesses pauses if another packet fails than last time.
func forgetsSuccesses() fault {
	var mu sync.Mutex
	last, success := "", false
	return fault{attempt: func(_ transport.Holder, next sendFunc) sendFunc {
		return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
			r, err := next(ctx, p)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				success = true
				return r, nil
			}
			pauses := hasStatus(err, 503) && success && last != "" && last != p.EventID
			last = p.EventID
			if pauses {
				return nil, &disguised{err, &transport.APIError{Status: 503, RetryAfter: time.Second}}
			}
			return nil, err
		}
	}}
}

// insists sends the packet that failed before once more during a pause, ahead
// of the next one.
func insists() fault {
	var mu sync.Mutex
	var failed *transport.Packet
	delivered := make(map[string]*transport.Response)
	return fault{attempt: func(queue transport.Holder, next sendFunc) sendFunc {
		return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
			mu.Lock()
			first, r := failed, delivered[p.EventID]
			mu.Unlock()
			if r != nil {
				return r, nil
			}
			if first != nil && first.EventID != p.EventID && queue.HoldState().Paused {
				r, err := next(ctx, first)
				if err != nil {
					return nil, err
				}
				mu.Lock()
				delivered[first.EventID] = r
				mu.Unlock()
			}
			r, err := next(ctx, p)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				failed = nil
			case failed == nil:
				failed = p
			}
			return r, err
		}
	}}
}

func takesBreaks() fault {
	var mu sync.Mutex
	var ended time.Time
	return fault{attempt: func(queue transport.Holder, next sendFunc) sendFunc {
		return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
			probe := queue.HoldState().Paused
			mu.Lock()
			soon := time.Since(ended) < time.Second
			mu.Unlock()
			if soon {
				sleep(ctx, time.Second)
			}
			r, err := next(ctx, p)
			if probe && err == nil {
				mu.Lock()
				ended = time.Now()
				mu.Unlock()
			}
			return r, err
		}
	}}
}

// storms sends all failed packets at once when one is delivered.
func storms() fault {
	type result struct {
		done chan struct{}
		r    *transport.Response
		err  error
	}
	var mu sync.Mutex
	failed := make(map[string]*transport.Packet)
	again := make(map[string]*result)
	return fault{attempt: func(queue transport.Holder, next sendFunc) sendFunc {
		return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
			mu.Lock()
			sent := again[p.EventID]
			delete(again, p.EventID)
			mu.Unlock()
			if sent != nil {
				<-sent.done
				return sent.r, sent.err
			}
			probe := queue.HoldState().Paused
			r, err := next(ctx, p)
			mu.Lock()
			defer mu.Unlock()
			delete(failed, p.EventID)
			if err != nil {
				failed[p.EventID] = p
				return nil, err
			}
			if !probe {
				return r, nil
			}
			for id, p := range failed {
				sent := &result{done: make(chan struct{})}
				again[id] = sent
				go func() {
					defer close(sent.done)
					sent.r, sent.err = next(ctx, p)
				}()
			}
			clear(failed)
			return r, nil
		}
	}}
}

// doublesWorkers runs twice as many workers, of which half must wait, so that
// halving the number has no effect.
func doublesWorkers() fault {
	var turns chan struct{}
	return fault{
		tune: func(cfg *transport.ThreadedConfig) {
			if cfg.Workers > 4 {
				turns = make(chan struct{}, cfg.Workers)
				cfg.Workers *= 2
			}
		},
		attempt: func(_ transport.Holder, next sendFunc) sendFunc {
			return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
				if turns != nil {
					turns <- struct{}{}
					defer func() { <-turns }()
				}
				return next(ctx, p)
			}
		},
	}
}

// silent drops some notices.
type silent struct{ transport.Holder }

func (s silent) Watch(fn func(transport.Notice)) bool {
	return s.Holder.Watch(func(n transport.Notice) {
		if n.Kind != transport.NoticeResumed {
			fn(n)
		}
	})
}

// watchesUnderLock has a lock that the end of the test releases.
func watchesUnderLock(t *testing.T, tr transport.Holder) transport.Holder {
	return locking{tr, make(chan struct{}, 1), t.Context()}
}

type locking struct {
	transport.Holder
	lock chan struct{}
	test context.Context
}

func (l locking) acquire() (release func()) {
	select {
	case l.lock <- struct{}{}:
		return func() { <-l.lock }
	case <-l.test.Done():
		return func() {}
	}
}

func (l locking) HoldState() transport.HoldState {
	defer l.acquire()()
	return l.Holder.HoldState()
}

func (l locking) Watch(fn func(transport.Notice)) bool {
	return l.Holder.Watch(func(n transport.Notice) {
		defer l.acquire()()
		fn(n)
	})
}
