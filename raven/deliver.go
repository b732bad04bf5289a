package raven

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/transport"
)

// capture builds an event, sends it unless a gate drops it, and returns its id.
func (c *Client) capture(ctx context.Context, ev *Event, what subject, opts []CaptureOption) string {
	what.urgent = c.raise != nil
	p, drop := c.pass(ctx, ev, what, opts)
	if p.fate != nil {
		c.setLastEventID(p.id)
		c.dispatch(orBackground(ctx), p)
		return p.id
	}
	switch drop.Kind {
	case OutcomeSampled, OutcomeBackoff, OutcomeClosed:
		c.setLastEventID(drop.EventID)
		return drop.EventID
	case OutcomeInvalid, OutcomeTooLarge:
		if c.raise != nil && drop.Err != errNested {
			c.raiseError(drop.EventID, drop.Err)
		}
	}
	return ""
}

// errGoexit is reported if a function of the program ends the goroutine while
// an event is built, as t.FailNow does.
var errGoexit = errors.New("a function that the client called for the event ended the goroutine with runtime.Goexit")

// pass builds an event and returns the packet to send, or the outcome of an
// event that is not sent. Panics in the methods of the caller's values end up
// in the outcome. The packet shares no memory with the draft.
func (c *Client) pass(ctx context.Context, ev *Event, what subject, opts []CaptureOption) (p outgoing, drop Outcome) {
	c.counters.captured.Add(1)
	if nested() {
		return outgoing{}, c.dropped(Outcome{EventID: idOf(ev), Kind: OutcomeInvalid, Err: errNested}, nil, &what)
	}
	d, built := newDraft(), false
	defer func() {
		if built {
			return
		}
		err := errGoexit
		if r := recover(); r != nil {
			err = fmt.Errorf("it could not be built: %s", guard.Plain(r))
		}
		p, drop = outgoing{}, c.dropped(Outcome{EventID: idOf(&d.ev), Kind: OutcomeInvalid, Err: err}, nil, &what)
	}()
	p, drop, g := c.prepare(ctx, d, ev, &what, opts)
	built = true
	d.release()
	if drop.Kind != "" {
		return outgoing{}, c.dropped(drop, g, &what)
	}
	p.echo = what.echo
	p.ticket = c.ledger.Open(p.id, "")
	return p, drop
}

// prepare fills the draft and encodes it, unless a gate drops the event.
func (c *Client) prepare(ctx context.Context, d *draft, ev *Event, what *subject, opts []CaptureOption) (p outgoing, drop Outcome, g *gist) {
	d.open(c, ctx, what)
	what.echo = d.isEcho(ctx, ev)
	if c.ignore.ignores(d, what) || d.wrapsSeen(c, what) {
		return outgoing{}, Outcome{Kind: OutcomeIgnored}, nil
	}
	d.lay(ev, what, opts)
	if d.capturedOtherwise(c, what) {
		return outgoing{}, Outcome{Kind: OutcomeIgnored}, nil
	}
	if d.sampledOut(c) {
		return outgoing{}, Outcome{EventID: d.ev.EventID, Kind: OutcomeSampled}, nil
	}
	d.complement(c, what)
	if drop = c.process(orBackground(ctx), d); drop.Kind != "" {
		return outgoing{}, drop, nil
	}
	if p, drop, g = c.pastGates(d, what.urgent); drop.Kind == "" {
		p.memory = d.remember(c, what)
	}
	return p, drop, g
}

func (c *Client) dropped(o Outcome, g *gist, what *subject) Outcome {
	c.drop(o, g, terms{told: what.told || c.raise != nil && o.Err != errNested, echo: what.echo})
	return o
}

func (c *Client) dispatch(ctx context.Context, p outgoing) {
	switch {
	case c.raise != nil:
		if _, err := c.await(ctx, p, terms{told: true, ignore: true}); err != nil {
			c.raiseError(p.id, err)
		}
	case c.async == nil:
		_, _ = c.await(unlessEnded(ctx), p, terms{}) // which is logged
	default:
		err := errNoReturn
		defer func() { // also when the goroutine is ended
			if err != nil {
				p.done(nil, err)
			}
		}()
		err = c.enqueue(ctx, p.packet, p.done)
	}
}

// raiseError calls the function of [WithRaiseSendErrors], which may panic.
func (c *Client) raiseError(id string, err error) {
	guard.Enter()
	defer guard.Leave()
	c.raise(&SendError{EventID: id, Err: err})
}

// unlessEnded returns ctx or, if that has ended, its values only. An event of a
// cancelled request is delivered; the transport's own timeout limits that.
func unlessEnded(ctx context.Context) context.Context {
	if ended(ctx) {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// ended reports whether a context has ended, or panics.
func ended(ctx context.Context) bool {
	ended := true
	guard.Do(func() { ended = ctx.Err() != nil })
	return ended
}

// await sends an event, bypassing any queue, and settles it. If ctx has ended,
// a failure says nothing about the server.
func (c *Client) await(ctx context.Context, p outgoing, how terms) (resp *transport.Response, err error) {
	err = errNoReturn
	defer func() { // also when the goroutine is ended
		how.ignore = how.ignore || err != nil && ended(ctx)
		c.settle(p.fate, resp, err, how)
	}()
	return c.call(ctx, p.packet)
}

func (c *Client) call(ctx context.Context, p *transport.Packet) (resp *transport.Response, err error) {
	err = contained(func() (err error) {
		resp, err = c.transport.Send(ctx, p)
		return err
	})
	return resp, err
}

// enqueue passes a packet to an asynchronous transport, or sends it.
func (c *Client) enqueue(ctx context.Context, p *transport.Packet, done func(*transport.Response, error)) error {
	return contained(func() error {
		if c.async == nil {
			done(c.transport.Send(ctx, p))
		} else {
			c.async.SendAsync(ctx, p, done)
		}
		return nil
	})
}

// contained calls a method of the transport. A panic is an error.
func contained(call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("raven: the transport panicked: %s", guard.Plain(r))
		}
	}()
	return call()
}

// admission catches an outcome that arrives before SendAsync returns. The
// caller gets it, so it is not logged.
type admission struct {
	mu     sync.Mutex
	closed bool  // guarded by mu
	err    error // guarded by mu
}

// refuse reports whether the caller gets err.
func (a *admission) refuse(err error) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || err == nil {
		return false
	}
	a.err = err
	return true
}

func (a *admission) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	return a.err
}

func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
