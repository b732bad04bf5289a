package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/s2"

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
	serial   *callbackLine // nil: callbacks run where packets are settled

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

	// What follows is the dispatcher's.

	at       time.Time // when it was accepted
	place    uint64    // in the queue
	dict     *s2.Dict  // that the packet is folded against; nil: it is not
	*trouble           // nil: it has not failed
}

// flight is a packet that is being sent.
type flight struct {
	job
	begun time.Time
	since uint64 // the pause, by its number, that it is sent in or after
	probe bool   // it shows whether the pause can end
}

func (j *job) ownTrouble() *trouble {
	if j.trouble == nil {
		j.trouble = new(trouble)
	}
	return j.trouble
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
	guard.Do(func() { explained = abandoned(p, err) })
	return explained
}

// abandoned is about a packet that was on its way: the server may have it.
func abandoned(p *Packet, err error) error {
	return fmt.Errorf("%w; event %s was abandoned unanswered: %w", ErrClosed, p.EventID, err)
}

// closedBefore is about a packet that waited.
func closedBefore(p *Packet, err error) error {
	return fmt.Errorf("%w before event %s was delivered: %w", ErrClosed, p.EventID, err)
}

// finish reports the outcome of a packet that was accepted, and settles it.
func (a *async) finish(j job, r *Response, err error) {
	if a.serial != nil {
		a.serial.add(outcome{done: j.done, ticket: j.ticket, r: r, err: err})
		return
	}
	a.settle(outcome{done: j.done, ticket: j.ticket, r: r, err: err})
}

// outcome is what became of a packet, and is not told yet.
type outcome struct {
	done   func(*Response, error)
	ticket account.Ticket
	r      *Response
	err    error
}

func (a *async) settle(o outcome) {
	defer a.account.Settle(o.ticket) // also when the callback ends the goroutine
	a.count(o.err)
	a.call(o.done, o.r, o.err)
}

// count notes a packet that Close gave up. It runs where nothing contains the
// panics of an engine's error.
func (a *async) count(err error) {
	if guard.Is(err, ErrClosed) {
		a.abandoned.Add(1)
	}
}

func (a *async) call(done func(*Response, error), r *Response, err error) {
	if done != nil {
		a.contain("a delivery callback panicked", func() { done(r, err) })
	}
}

func (a *async) contain(what string, fn func()) { contain(a.logger, what, fn) }

// contain contains the panics of somebody else's function.
func contain(logger *slog.Logger, what string, fn func()) {
	defer func() {
		if v := recover(); v != nil {
			logger.Error("transport: "+what, "panic", guard.Plain(v), "stack", string(debug.Stack()))
		}
	}()
	fn()
}

func (a *async) flush(ctx context.Context) error {
	if left := a.account.Flush(ctx); left > 0 {
		return &UndeliveredError{Pending: left, Err: context.Cause(ctx)}
	}
	return nil
}

// closing is what a transport adds to the end of all. Its functions may be nil.
type closing struct {
	begin  func(drain context.Context) // when the draining begins
	giveUp func(cause error)           // when it has ended with packets left
	reason func() error                // why it was given up before its time; nil: it was not
	end    func()                      // when all goroutines have been joined
}

// close drains, and at its deadline cancels.
func (a *async) close(ctx context.Context, with closing) error {
	if !a.account.Close() {
		return a.awaitClose(ctx)
	}
	defer close(a.gone)
	close(a.closed)
	drain, cancel := context.WithTimeout(ctx, a.shutdown)
	defer cancel()
	if with.begin != nil {
		with.begin(drain)
	}
	left := a.account.Flush(drain)
	a.end(ErrClosed)
	cause := context.Cause(drain)
	if with.reason != nil {
		if early := with.reason(); early != nil {
			cause, left = early, max(left, 1)
		}
	}
	if left > 0 && with.giveUp != nil {
		with.giveUp(cause)
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeGrace)
	defer cancel()
	stuck := a.flushCallbacks(grace)
	a.crew.join(grace)
	if with.end != nil {
		with.end()
	}
	err := a.next.Close(drain)
	if abandoned := int(a.abandoned.Load()); left > 0 && abandoned+stuck > 0 {
		// Without either, all of it arrived after the deadline, before the
		// cancelling.
		return &UndeliveredError{Abandoned: abandoned, Stuck: stuck, Err: cause}
	}
	return err
}

// flushCallbacks waits until everything is settled, or ctx ends; it returns how
// much is not. Callbacks behind one that does not return run without it.
func (a *async) flushCallbacks(ctx context.Context) (stuck int) {
	if a.serial != nil {
		patience, cancel := context.WithTimeout(ctx, closeGrace/2)
		defer cancel()
		if a.account.Flush(patience) > 0 {
			a.serial.loosen()
		}
		a.serial.stop()
	}
	return a.account.Flush(ctx)
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
