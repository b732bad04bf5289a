package transport

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/transport/internal/account"
)

// TargetStats counts the deliveries to one target of a [Tee], since the Tee was
// made.
type TargetStats struct {
	// Host is the host of the target's DSN, with the port as it was given.
	Host string
	// Delivered counts the packets that the target accepted, Failed those that
	// were lost.
	Delivered, Failed uint64
	// Spooled counts the packets that Close left in the target's spool.
	Spooled uint64
	// Waiting counts the packets without an outcome.
	Waiting int
	// Err is the last failure: of a packet, or of the attempt that began a
	// pause. Nil if nothing has failed.
	Err error
}

type teeTarget struct {
	AsyncTransport
	dsn     *DSN
	blocks  bool            // SendAsync waits for the outcome
	handing account.Account // of packets that are being given to the target
	// nil for the main target, whose callers receive its errors
	burst *teeBurst

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

// watch starts logging of the target's failures.
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

// track counts a packet as waiting. The first call of settle counts its
// outcome; further calls do nothing.
func (o *teeTarget) track(p *Packet) (settle func(error)) {
	internal := p.Category == CategoryInternal
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts.Waiting++
	var once sync.Once
	return func(err error) {
		once.Do(func() {
			if o.count(err); isSpooled(err) {
				return
			}
			if !internal && o.burst != nil {
				o.burst.outcome(err)
			}
		})
	}
}

func (o *teeTarget) count(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts.Waiting--
	switch {
	case err == nil:
		o.counts.Delivered++
		return
	case isSpooled(err):
		o.counts.Spooled++
	default:
		o.counts.Failed++
	}
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
	// Also if the goroutine is ended by runtime.Goexit.
	defer func() { settle(err) }()
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

// hand gives the target a packet whose outcome no caller receives.
func (o *teeTarget) hand(ctx context.Context, h handover) {
	settle := o.track(h.packet)
	defer o.handing.Settle(h.ticket)
	failed := errNoReturn
	defer func() { // also if the goroutine is ended by runtime.Goexit
		if v := recover(); v != nil {
			failed = fmt.Errorf("transport: sending %s panicked: %v", packetText(h.packet.EventID), v)
		}
		if failed != nil {
			settle(failed)
		}
	}()
	o.SendAsync(ctx, h.packet, func(_ *Response, err error) { settle(err) })
	failed = nil
}

// refuse fails a packet because too many wait already.
func (o *teeTarget) refuse(h handover) {
	o.track(h.packet)(fmt.Errorf("%w: %d events are waiting for %s to accept them", ErrQueueFull, maxHanding, o.dsn.Host))
	o.handing.Settle(h.ticket)
}

// flush flushes the target in the background, on one goroutine for any number
// of calls.
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

// flushOn flushes until the latest time requested.
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
			// Stats counts what is left, so the error is dropped.
			o.burst.contain("flushing a target panicked", func() { _ = o.Flush(ctx) })
		}()
		if !o.flushUntil.After(until) {
			return
		}
	}
}

// close closes the target after it has got its packets.
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
