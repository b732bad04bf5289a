package transport

import (
	"cmp"
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
	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

// async is the common part of the transports that deliver in the background.
// They differ in which goroutine runs deliver, and when.
type async struct {
	next     Transport
	logger   *slog.Logger
	shutdown time.Duration
	account  account.Account
	crew     crew
	serial   *callbackLine // nil: callbacks run where packets are settled

	// Cancelled at Close's deadline, with ErrClosed as its cause.
	life      context.Context
	end       context.CancelCauseFunc
	abandoned atomic.Int64
	spooled   atomic.Int64
	closed    chan struct{} // closed when Close has begun
	gone      chan struct{} // closed when Close has returned
}

func newAsync(next Transport, shutdown time.Duration, logger *slog.Logger) *async {
	a := &async{
		next: next, logger: guard.Logger(cmp.Or(logger, slog.Default())), shutdown: cmp.Or(shutdown, DefaultShutdownTimeout),
		closed: make(chan struct{}), gone: make(chan struct{}),
	}
	if h, ok := next.(*HTTP); ok {
		// One context for both, so that a send need not link two.
		a.life, a.end = h.life, h.end
	} else {
		a.life, a.end = context.WithCancelCause(context.Background())
	}
	return a
}

// job is an accepted packet with its callback.
type job struct {
	packet *Packet
	done   func(*Response, error)
	ticket account.Ticket

	// Threaded uses the fields below.

	at    time.Time // when it was accepted
	place uint64    // in the queue
	// The dictionary that the packet is folded against; nil: it is not folded.
	dict     *s2.Dict
	*trouble // nil: the packet has not failed

	// The packet's place in the spool; the zero value: it has none.
	kept      seglog.Pos
	keptSize  int  // its size, as the spool counts it
	parked    bool // it waited on disk for the queue
	recovered bool // an earlier process accepted it; it has no callback
}

func (j *job) isKept() bool { return j.kept != seglog.Pos{} }

// flight is a packet that is being sent.
type flight struct {
	job
	begun time.Time
	since uint64 // the number of the pause in or after which it is sent
	probe bool   // its success ends the pause
}

func (j *job) ownTrouble() *trouble {
	if j.trouble == nil {
		j.trouble = new(trouble)
	}
	return j.trouble
}

// accept takes a packet in. When it can't, it calls done with ErrClosed and
// returns false.
func (a *async) accept(p *Packet, done func(*Response, error)) (job, bool) {
	t, ok := a.account.Accept()
	if !ok {
		a.call(done, nil, ErrClosed)
	}
	return job{packet: p, done: done, ticket: t}, ok
}

// Send delivers one packet in the calling goroutine, past the packets of
// SendAsync.
func (a *async) Send(ctx context.Context, p *Packet) (*Response, error) {
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

// bound returns a context that ends with the caller's context or with the
// transport's life.
func (a *async) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(a.life, func() { cancel(ErrClosed) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// deliver sends an accepted packet and finishes it. It calls then, if it is not
// nil, between the two.
func (a *async) deliver(j job, then func()) {
	r, err := (*Response)(nil), errNoReturn
	defer func() { // also if the goroutine is ended by runtime.Goexit
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

// send returns the outcome of a packet. It turns a panic of the transport into
// an error; it does not catch runtime.Goexit.
func send(ctx context.Context, t Transport, p *Packet) (r *Response, err error) {
	defer func() {
		if v := recover(); v != nil {
			r, err = nil, fmt.Errorf("transport: sending %s panicked: %s", packetText(p.EventID), guard.Plain(v))
		}
	}()
	return t.Send(ctx, p)
}

// explain wraps an error that Close caused in ErrClosed.
func (a *async) explain(p *Packet, err error) error {
	if err == nil || a.life.Err() == nil || guard.Is(err, ErrClosed) {
		return err
	}
	explained := err
	guard.Do(func() { explained = abandoned(p, err) })
	return explained
}

// abandoned is the error of a packet that was being sent at Close's deadline.
// The server may have received it.
func abandoned(p *Packet, err error) error {
	return fmt.Errorf("%w; %s was abandoned unanswered: %w", ErrClosed, packetText(p.EventID), err)
}

// closedBefore is the error of a packet that was still waiting at Close's
// deadline.
func closedBefore(p *Packet, err error) error {
	return fmt.Errorf("%w before %s was delivered: %w", ErrClosed, packetText(p.EventID), err)
}

func (a *async) finish(j job, r *Response, err error) {
	if a.serial != nil {
		a.serial.add(outcome{done: j.done, ticket: j.ticket, r: r, err: err})
		return
	}
	a.settle(outcome{done: j.done, ticket: j.ticket, r: r, err: err})
}

// outcome is the result of a packet that is still to be reported.
type outcome struct {
	done   func(*Response, error)
	ticket account.Ticket
	r      *Response
	err    error
}

func (a *async) settle(o outcome) {
	defer a.account.Settle(o.ticket) // also if the callback ends the goroutine
	a.count(o.err)
	a.call(o.done, o.r, o.err)
}

// count counts a packet that Close gave up or left in the spool. It runs
// outside of contain, so it must survive an engine's error that panics.
func (a *async) count(err error) {
	if isSpooled(err) {
		a.spooled.Add(1)
		return
	}
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

// contain runs fn and logs a panic.
func contain(logger *slog.Logger, what string, fn func()) {
	defer func() {
		if v := recover(); v != nil {
			logger.Error("transport: "+what, "panic", guard.Plain(v), "stack", string(debug.Stack()))
		}
	}()
	fn()
}

// Flush waits until every packet accepted before the call is settled.
func (a *async) Flush(ctx context.Context) error {
	if left := a.account.Flush(ctx); left > 0 {
		return &UndeliveredError{Pending: left, Err: context.Cause(ctx)}
	}
	return nil
}

// closing holds the functions that a transport adds to close. They may be nil.
type closing struct {
	begin  func(drain context.Context) // at the start of draining
	giveUp func(cause error)           // after draining, if packets are left
	// Why draining ended early; nil: it did not.
	reason func() error
	end    func(grace context.Context) // after all goroutines have ended
	// After draining, if nothing is left: waits for packets without a callback.
	linger func(drain context.Context)
}

// Close ends the transport, as [AsyncTransport] says.
func (a *async) Close(ctx context.Context) error { return a.close(ctx, closing{}) }

// close drains the transport, and cancels what is left at its deadline.
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
	if left == 0 && with.linger != nil {
		with.linger(drain)
	}
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
		with.end(grace)
	}
	err := a.next.Close(drain)
	if abandoned, spooled := int(a.abandoned.Load()), int(a.spooled.Load()); left > 0 && abandoned+spooled+stuck > 0 {
		// If all are 0, everything arrived between the deadline and the
		// cancelling.
		return &UndeliveredError{Abandoned: abandoned, Spooled: spooled, Stuck: stuck, Err: cause}
	}
	return err
}

// flushCallbacks waits until everything is settled or ctx ends. It returns how
// many packets are not settled. If a callback does not return, the callbacks
// behind it run beside it.
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

// awaitClose is every call of Close after the first.
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
