package transport

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// workers.go has the queue and its workers. admission.go and room.go accept
// packets, fold.go compresses them while they wait, and pace.go decides how
// many are sent at a time. A packet that fails returns to its place in the
// queue; pause.go decides when it is tried again. ending.go gives packets up.

// Threaded is a bounded queue with background workers before another transport:
// http, https, threaded+http and threaded+https. The workers encode for the
// wire and do all I/O. It holds packets through an outage, as [Holder] says.
// Use [NewThreaded]; a Threaded is safe for concurrent use.
type Threaded struct {
	*async
	cfg ThreadedConfig
	// Work, bound once, so that starting a worker does not allocate.
	worker func()

	mu    sync.Mutex
	fresh queue // packets not tried yet, oldest first
	// Packets that wait for another attempt, oldest first; all are older than
	// those in fresh.
	back     []job
	inBack   int             // their size in bytes
	book     foldBook        // the dictionary for fresh
	folding  bool            // a goroutine is folding
	foldedTo uint64          // the packets up to this place have been folded
	last     uint64          // the last place that was assigned
	workers  int             // running goroutines
	flights  int             // attempts in flight
	pace     pace            // how many attempts may be in flight
	waiters  []chan struct{} // callers that wait for room, oldest first
	room     room
	spool    *spool // nil: packets are in memory only

	way      way
	limits   RateLimits
	limitErr error // the answer that set the limits
	// Packets up to this place have waited during a pause or a limit.
	heldUpTo   uint64
	delivered  uint64      // attempts that succeeded
	hurried    int         // waiting calls of Flush and Close
	lastCut    time.Time   // when an attempt was last made early for them
	closeBy    time.Time   // Close's deadline; zero before Close
	over       error       // why Close gave up; nil: it did not
	alarm      *time.Timer // starts the next attempt when no worker runs
	alarmAt    time.Time
	watchers   []func(Notice)
	notices    []Notice // to be sent to the watchers
	announcing bool     // a goroutine is sending them
}

var _ AsyncTransport = (*Threaded)(nil)

// NewThreaded returns a transport that delivers through next and owns it: Close
// closes next. The error joins one *[OptionError] for each fault in the
// configuration. Without a spool, no goroutine runs while the queue is empty.
func NewThreaded(next Transport, cfg ThreadedConfig) (*Threaded, error) {
	if next == nil {
		return nil, errNoNext
	}
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	conns := DefaultMaxConns
	if h, ok := next.(*HTTP); ok {
		conns = h.maxConns
	}
	t := &Threaded{async: newAsync(next, cfg.ShutdownTimeout, cfg.Logger), cfg: cfg, pace: newPace(cfg.Workers, conns)}
	t.worker = t.work
	if cfg.SerialCallbacks {
		t.serial = newCallbackLine(&t.crew, t.settle)
	}
	if cfg.Spool.Dir != "" {
		if err := openSpool(t); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Send delivers one packet past the queue, in the calling goroutine, and waits
// for the outcome, under the rules of [Transport]. Packets in the queue do not
// delay it.
func (t *Threaded) Send(ctx context.Context, p *Packet) (*Response, error) {
	r, err := t.async.Send(ctx, p)
	t.passedBy(p, r, err)
	return r, err
}

// SendAsync accepts or refuses one packet and reports the outcome to done.
//   - done runs exactly once for every packet, accepted or refused, and never
//     under a lock of the transport's. A refusal may run it before SendAsync
//     returns. It may be nil. It may call the transport, but Close and Flush
//     wait for it.
//   - ctx limits admission only, and only if admission has to wait: if there is
//     room, a packet is accepted even if ctx has ended, and it is delivered
//     even if ctx ends later.
//   - A refused packet gets an error that wraps [ErrQueueFull] or [ErrClosed],
//     or the cause of ctx's end.
//   - A panic in done is logged, and affects no other packet.
func (t *Threaded) SendAsync(ctx context.Context, p *Packet, done func(*Response, error)) {
	j, ok := t.accept(p, done)
	if !ok {
		return
	}
	if t.spool != nil && p.Category != CategoryInternal {
		t.spool.accept(ctx, j)
		return
	}
	t.offer(ctx, j)
}

// offer puts a packet into the queue, or reports why it is refused.
func (t *Threaded) offer(ctx context.Context, j job) {
	evicted, err := t.enqueue(ctx, j)
	switch {
	case err == nil:
	case j.isKept() && errors.Is(err, ErrQueueFull):
		t.spool.parkAgain(j)
	default:
		t.finish(j, nil, err)
	}
	for _, old := range evicted {
		t.finish(old, nil, fmt.Errorf("%w: %s was evicted by a newer one (overflow=%s)", ErrQueueFull, packetText(old.packet.EventID), DropOldest))
	}
}

// finish settles a packet. The caller does not hold the lock.
func (t *Threaded) finish(j job, r *Response, err error) {
	if j.isKept() {
		err = t.spool.settle(&j, err)
	}
	if j.recovered { // no callback
		if !isSpooled(err) {
			t.spool.tellRecovered(j.packet.EventID, err, true)
		}
		return
	}
	t.async.finish(j, r, err)
}

// Flush waits until every packet accepted before the call is settled: until its
// callback has returned.
//   - It returns nil then. If ctx ends first, it returns an *[UndeliveredError]
//     with the number of Pending packets. A [Holder] settles no packet during
//     an outage.
//   - Packets accepted after the call don't prolong it.
//   - It may be called often, concurrently, and after Close.
func (t *Threaded) Flush(ctx context.Context) error {
	if t.account.Pending() == 0 && t.spool == nil {
		return nil
	}
	t.hurry(1)
	defer t.hurry(-1)
	if err := t.async.Flush(ctx); err != nil || t.spool == nil {
		return err
	}
	return t.spool.flush(ctx)
}

// Close ends the transport.
//   - It delivers the accepted packets until ctx ends or the shutdown timeout
//     is over, whichever is first. Then it cancels running sends. Packets that
//     are left get an error that wraps [ErrClosed].
//   - A [Holder] that pauses makes one attempt at once. It gives up before its
//     deadline if nobody answers at all (refused, unreachable, no such host, an
//     untrusted certificate), if the server refuses the client (401, 403, 404),
//     or if it asks for more time than is left. While the server answers with
//     408, 429 or a 5xx, or not in time, it makes one attempt a second until
//     its deadline.
//   - It waits for every goroutine and closes every connection.
//   - It returns nil, or an *[UndeliveredError] with the numbers of Abandoned
//     and Spooled packets. If a done never returns, Close returns all the same and counts
//     it as Stuck.
//   - It may be called again and concurrently: every call waits for the same
//     end, and calls that gave up nothing return nil.
func (t *Threaded) Close(ctx context.Context) error {
	return t.async.close(ctx, closing{
		begin: func(drain context.Context) {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.closeBy, _ = drain.Deadline()
			t.hurried++
			t.way.forced = t.way.paused
			t.rouse()
		},
		giveUp: func(cause error) {
			t.mu.Lock()
			t.giveUp(cause)
			t.mu.Unlock()
		},
		linger: func(drain context.Context) {
			if t.spool != nil {
				t.spool.linger(drain)
			}
		},
		reason: func() error {
			t.mu.Lock()
			defer t.mu.Unlock()
			return t.over
		},
		end: func(grace context.Context) {
			t.mu.Lock()
			if t.alarm != nil {
				t.alarm.Stop()
			}
			t.room.stop()
			t.mu.Unlock()
			if t.spool != nil {
				t.spool.close(context.WithoutCancel(grace))
				t.crew.join(grace)
			}
			t.announce()
		},
	})
}
