package reactortransport

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/internal/account"
)

// Reactor delivers in the background and runs all callbacks on one goroutine:
// reactor+http and reactor+https, the reference's twisted. Use [New]; a Reactor
// is safe for concurrent use.
type Reactor struct {
	cfg     Config
	next    transport.Transport
	account account.Account
	gate    *gate
	inbox   *inbox
	watch   watch
	inOut   sync.WaitGroup // I/O goroutines

	life      context.Context // cancelled, with ErrClosed as its cause, at Close's deadline
	end       context.CancelCauseFunc
	abandoned atomic.Int64
	gone      chan struct{} // closed when Close has ended

	state state // the reactor's own
}

var _ transport.AsyncTransport = (*Reactor)(nil)

// New returns a transport for a configuration; the error joins one
// *[transport.OptionError] for each fault. Nothing is dialled, and no goroutine
// runs, before the first packet.
func New(cfg Config) (*Reactor, error) {
	fault := cfg.check()
	cfg.HTTPConfig.Logger = cfg.Logger
	next, err := transport.NewHTTP(cfg.HTTPConfig)
	if err := errors.Join(fault, err); err != nil {
		return nil, err
	}
	return newReactor(next, cfg), nil
}

func newReactor(next transport.Transport, cfg Config) *Reactor {
	cfg = cfg.withDefaults()
	r := &Reactor{cfg: cfg, next: next, gate: newGate(cfg), inbox: newInbox(), gone: make(chan struct{})}
	r.life, r.end = context.WithCancelCause(context.Background())
	return r
}

// Send delivers one packet past the reactor, in the calling goroutine, under
// the rules of [transport.AsyncTransport].
func (r *Reactor) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	t, ok := r.account.Accept()
	if !ok {
		return nil, transport.ErrClosed
	}
	defer r.account.Settle(t)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(r.life, func() { cancel(transport.ErrClosed) })()
	response, err := r.next.Send(ctx, p)
	err = r.explain(p, err)
	r.count(err)
	return response, err
}

// SendAsync leaves one packet to the reactor, which reports the outcome to
// done, under the rules of [transport.AsyncTransport].
func (r *Reactor) SendAsync(ctx context.Context, p *transport.Packet, done func(*transport.Response, error)) {
	j := job{packet: p, eventID: p.EventID, done: done}
	var ok bool
	if j.ticket, ok = r.account.Accept(); !ok {
		r.refuse(outcome{job: j, err: transport.ErrClosed})
		return
	}
	j.accepted = true
	if err := r.gate.enter(ctx, len(p.Body)); err != nil {
		r.refuse(outcome{job: j, err: err})
		return
	}
	if !r.post(func() { r.queue(j) }) {
		r.tell(outcome{job: j, err: closedBefore(p, context.Canceled)}) // Close did not wait for this
	}
}

// refuse has the reactor tell a callback that its packet is not taken. After
// Close, where there is no reactor, the caller does it.
func (r *Reactor) refuse(o outcome) {
	o.job.packet = nil // refusals are not bounded, so they hold no bodies
	if !r.post(func() { r.state.outcomes.push(o) }) {
		r.tell(o)
	}
}

// Flush waits until every packet accepted before the call is settled, under the
// rules of [transport.AsyncTransport]. Called on the reactor, by a callback, it
// waits in vain.
func (r *Reactor) Flush(ctx context.Context) error {
	if left := r.account.Flush(ctx); left > 0 {
		return &transport.UndeliveredError{Pending: left, Err: context.Cause(ctx)}
	}
	return nil
}
