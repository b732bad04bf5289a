package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/transport/internal/account"
)

// async is what the transports of this package have in common that deliver
// behind their caller's back: they differ in who runs deliver, and when.
type async struct {
	next     Transport
	logger   *slog.Logger
	shutdown time.Duration
	account  account.Account
	crew     crew

	life      context.Context // cancelled, with ErrClosed as its cause, at Close's deadline
	end       context.CancelCauseFunc
	abandoned atomic.Int64
	closed    chan struct{} // closed when Close has begun
	gone      chan struct{} // closed when Close has ended
}

func newAsync(next Transport, shutdown time.Duration, logger *slog.Logger) *async {
	if shutdown == 0 {
		shutdown = DefaultShutdownTimeout
	}
	if logger == nil {
		logger = slog.Default()
	}
	a := &async{next: next, logger: guard.Logger(logger), shutdown: shutdown, closed: make(chan struct{}), gone: make(chan struct{})}
	if h, ok := next.(*HTTP); ok {
		a.life, a.end = h.life, h.end // one life, so that no send has to link two
	} else {
		a.life, a.end = context.WithCancelCause(context.Background())
	}
	return a
}

// job is a packet on its way.
type job struct {
	packet *Packet
	done   func(*Response, error)
	ticket account.Ticket
}

// accept takes a packet in. Where it can't it has told done.
func (a *async) accept(p *Packet, done func(*Response, error)) (job, bool) {
	t, ok := a.account.Accept()
	if !ok {
		a.call(done, nil, ErrClosed)
	}
	return job{packet: p, done: done, ticket: t}, ok
}

// direct delivers in the calling goroutine.
func (a *async) direct(ctx context.Context, p *Packet) (*Response, error) {
	t, ok := a.account.Accept()
	if !ok {
		return nil, ErrClosed
	}
	defer a.account.Settle(t)
	ctx, cancel := a.bound(ctx)
	defer cancel()
	r, err := a.next.Send(ctx, p)
	err = a.explain(p, err)
	a.count(err)
	return r, err
}

// bound ends a caller's context with the transport's life.
func (a *async) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(a.life, func() { cancel(ErrClosed) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// deliver sends an accepted packet and finishes it. What comes between, if
// anything, may be given as then.
func (a *async) deliver(j job, then func()) {
	r, err := (*Response)(nil), errNoReturn
	defer func() { // also when the goroutine is ended
		if then != nil {
			then()
		}
		a.finish(j, r, err)
	}()
	r, err = a.send(a.life, j.packet)
}

var errNoNext = errors.New("transport: needs a transport to deliver through")

var errNoReturn = errors.New("transport: the send ended its goroutine")

func (a *async) send(ctx context.Context, p *Packet) (*Response, error) {
	r, err := send(ctx, a.next, p)
	return r, a.explain(p, err)
}

// send returns the outcome of a packet, whatever a transport does short of
// ending the goroutine.
func send(ctx context.Context, t Transport, p *Packet) (r *Response, err error) {
	defer func() {
		if v := recover(); v != nil {
			r, err = nil, fmt.Errorf("transport: sending event %s panicked: %s", p.EventID, guard.Plain(v))
		}
	}()
	return t.Send(ctx, p)
}

// explain makes errors that Close caused say so.
func (a *async) explain(p *Packet, err error) error {
	if err == nil || a.life.Err() == nil || guard.Is(err, ErrClosed) {
		return err
	}
	explained := err
	guard.Do(func() { explained = closedBefore(p, err) })
	return explained
}

func closedBefore(p *Packet, err error) error {
	return fmt.Errorf("%w before event %s was delivered: %w", ErrClosed, p.EventID, err)
}

// finish reports the outcome of a packet that was accepted, and settles it.
func (a *async) finish(j job, r *Response, err error) {
	defer a.account.Settle(j.ticket)
	a.count(err)
	a.call(j.done, r, err)
}

// count notes a packet that Close gave up. It runs where nothing contains the
// panics of an engine's error.
func (a *async) count(err error) {
	if guard.Is(err, ErrClosed) {
		a.abandoned.Add(1)
	}
}

func (a *async) call(done func(*Response, error), r *Response, err error) {
	if done == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			a.logger.Error("transport: a delivery callback panicked", "panic", guard.Plain(v), "stack", string(debug.Stack()))
		}
	}()
	done(r, err)
}

func (a *async) flush(ctx context.Context) error {
	if left := a.account.Flush(ctx); left > 0 {
		return &UndeliveredError{Pending: left, Err: context.Cause(ctx)}
	}
	return nil
}

// close drains, and at its deadline cancels. giveUp, which may be nil, then
// takes care of what nobody is sending yet; cause is why the wait ended.
func (a *async) close(ctx context.Context, giveUp func(cause error)) error {
	if !a.account.Close() {
		return a.awaitClose(ctx)
	}
	defer close(a.gone)
	close(a.closed)
	drain, cancel := context.WithTimeout(ctx, a.shutdown)
	defer cancel()
	left := a.account.Flush(drain)
	a.end(ErrClosed)
	if left > 0 && giveUp != nil {
		giveUp(context.Cause(drain))
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeGrace)
	defer cancel()
	stuck := a.account.Flush(grace)
	a.crew.join(grace)
	err := a.next.Close(drain)
	if abandoned := int(a.abandoned.Load()); left > 0 && abandoned+stuck > 0 {
		// Without either, all of it arrived after the deadline, before the
		// cancelling.
		return &UndeliveredError{Abandoned: abandoned, Stuck: stuck, Err: context.Cause(drain)}
	}
	return err
}

// awaitClose is what every Close but the first does.
func (a *async) awaitClose(ctx context.Context) error {
	select {
	case <-a.gone:
		return nil
	case <-ctx.Done():
	}
	if left := a.account.Pending(); left > 0 {
		return &UndeliveredError{Pending: left, Err: context.Cause(ctx)}
	}
	return nil
}
