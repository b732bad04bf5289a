package transport

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/transport/internal/account"
)

// TargetStats says how the delivery to one target of a [Tee] goes. It counts
// from the making of the Tee on.
type TargetStats struct {
	// Host is the host of the target's DSN, with the port as it was given.
	Host string
	// Delivered counts the packets that the target has taken, Failed those that
	// are lost to it.
	Delivered, Failed uint64
	// Waiting counts the packets that have no outcome yet.
	Waiting int
	// Err is what failed last: a packet, or the attempt that a pause began
	// with. Nil if nothing has failed.
	Err error
}

// teeTarget is a target with its account.
type teeTarget struct {
	AsyncTransport
	dsn     *DSN
	blocks  bool            // SendAsync waits for the outcome
	handing account.Account // of packets that the target is about to get
	burst   *teeBurst       // nil for the own target, whose failures its sender hears of

	mu         sync.Mutex
	counts     TargetStats
	flushing   bool
	flushUntil time.Time
	closed     bool
}

func newTeeTarget(t Target, logger *slog.Logger) (*teeTarget, error) {
	o := &teeTarget{dsn: t.DSN, counts: TargetStats{Host: t.DSN.Host}}
	if background, ok := t.Transport.(AsyncTransport); ok {
		o.AsyncTransport = background
		return o, nil
	}
	o.blocks = true
	inCaller, err := NewLooped(t.Transport, LoopedConfig{Logger: logger})
	o.AsyncTransport = inCaller
	return o, err
}

// watch has the target's failures logged.
func (o *teeTarget) watch(logger *slog.Logger) {
	o.burst = &teeBurst{logger: logger.With("host", o.dsn.Host)}
	if h, ok := o.AsyncTransport.(Holder); ok {
		h.Watch(func(n Notice) {
			if n.Kind == NoticePaused {
				o.mu.Lock()
				o.counts.Err = n.Err
				o.mu.Unlock()
			}
			o.burst.notice(n)
		})
	}
}

// track counts a packet in. The function that it returns counts it out; only
// the first call counts.
func (o *teeTarget) track(p *Packet) (settle func(error)) {
	internal := p.Category == CategoryInternal
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts.Waiting++
	settled := false
	return func(err error) {
		o.mu.Lock()
		again := settled
		if !again {
			settled = true
			o.count(err)
		}
		o.mu.Unlock()
		if !again && !internal && o.burst != nil {
			o.burst.outcome(err)
		}
	}
}

// count needs the lock.
func (o *teeTarget) count(err error) {
	o.counts.Waiting--
	if err == nil {
		o.counts.Delivered++
		return
	}
	o.counts.Failed++
	o.counts.Err = err
}

func (o *teeTarget) stats() TargetStats {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.counts
}

func (o *teeTarget) send(ctx context.Context, p *Packet) (r *Response, err error) {
	settle := o.track(p)
	err = errNoReturn
	defer func() { settle(err) }() // also when the goroutine is ended
	return o.Send(ctx, p)
}

func (o *teeTarget) sendAsync(ctx context.Context, p *Packet, done func(*Response, error)) {
	settle := o.track(p)
	o.SendAsync(ctx, p, func(r *Response, err error) {
		settle(err)
		if done != nil {
			done(r, err)
		}
	})
}

// hand gives the target a packet whose outcome nobody waits for.
func (o *teeTarget) hand(ctx context.Context, h handover) {
	settle := o.track(h.packet)
	defer o.handing.Settle(h.ticket)
	failed := errNoReturn
	defer func() { // also when the goroutine is ended
		if v := recover(); v != nil {
			failed = fmt.Errorf("transport: sending event %s panicked: %v", h.packet.EventID, v)
		}
		if failed != nil {
			settle(failed)
		}
	}()
	o.SendAsync(ctx, h.packet, func(_ *Response, err error) { settle(err) })
	failed = nil
}

// refuse is hand where too many packets wait already.
func (o *teeTarget) refuse(h handover) {
	o.track(h.packet)(fmt.Errorf("%w: %d events wait for %s to take them", ErrQueueFull, maxHanding, o.dsn.Host))
	o.handing.Settle(h.ticket)
}

// flush flushes the target in the background. One goroutine does it, however
// often it is asked for.
func (o *teeTarget) flush(life context.Context, c *crew, until time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if until.After(o.flushUntil) {
		o.flushUntil = until
	}
	if o.closed || o.flushing || o.counts.Waiting == 0 {
		return
	}
	o.flushing = true
	c.start(func() { o.flushOn(life) })
}

// flushOn flushes until the latest time that was asked for.
func (o *teeTarget) flushOn(life context.Context) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer func() { o.flushing = false }()
	for {
		until := o.flushUntil
		o.mu.Unlock()
		func() {
			defer o.mu.Lock()
			ctx, cancel := context.WithDeadline(life, until)
			defer cancel()
			o.burst.contain("flushing a target panicked", func() { _ = o.Flush(ctx) }) // Stats has what waits
		}()
		if !o.flushUntil.After(until) {
			return
		}
	}
}

// close closes the target when it has got what is on its way to it.
func (o *teeTarget) close(ctx context.Context) {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	first := o.handing.Close()
	handing, cancel := context.WithTimeout(ctx, DefaultShutdownTimeout)
	defer cancel()
	o.handing.Flush(handing)
	o.burst.contain("closing a target panicked", func() {
		if err := o.Close(ctx); first {
			o.burst.close(err)
		}
	})
}
