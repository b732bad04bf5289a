package raven

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/transport"
)

// capture takes a capture through the gates, hands over what comes out, and
// returns the event's id.
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

// pass takes a capture through the gates. It returns the packet to send, or
// what became of the event in its place.
func (c *Client) pass(ctx context.Context, ev *Event, what subject, opts []CaptureOption) (p outgoing, drop Outcome) {
	c.counters.captured.Add(1)
	if nested() {
		return outgoing{}, c.dropped(Outcome{EventID: idOf(ev), Kind: OutcomeInvalid, Err: errNested}, nil, &what)
	}
	returned := false
	defer func() {
		if !returned {
			c.dropped(Outcome{EventID: idOf(ev), Kind: OutcomeInvalid, Err: errGoexit}, nil, &what)
		}
	}()
	p, drop, g := c.prepare(ctx, ev, &what, opts)
	returned = true
	if drop.Kind != "" {
		return outgoing{}, c.dropped(drop, g, &what)
	}
	p.echo = what.echo
	p.ticket = c.ledger.Open(p.id, "")
	return p, drop
}

// errGoexit is why an event was not built if a function or a method of the
// program ended the goroutine meanwhile. A failed test does, as by t.FailNow.
var errGoexit = errors.New("a function that the client called for the event ended the goroutine with runtime.Goexit")

// prepare builds an event and, if no gate holds it back, encodes it. Whatever
// goes wrong on the way, in the methods of the caller's values too, ends up in
// the outcome. The packet shares no memory with the draft.
func (c *Client) prepare(ctx context.Context, ev *Event, what *subject, opts []CaptureOption) (p outgoing, drop Outcome, g *gist) {
	d := newDraft()
	defer func() {
		if r := recover(); r != nil {
			p, g, drop = outgoing{}, nil, Outcome{EventID: idOf(&d.ev), Kind: OutcomeInvalid, Err: fmt.Errorf("it could not be built: %s", guard.Plain(r))}
			return
		}
		d.release()
	}()
	d.open(c, ctx, what)
	what.echo = d.isEcho(ctx, ev)
	if c.ignore.ignores(d, what) || d.wrapsSeen(c, what) {
		return outgoing{}, Outcome{Kind: OutcomeIgnored}, nil
	}
	d.lay(ev, what, opts)
	if d.saidOtherwise(c, what) {
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

// raiseError hands a failure to the function of [WithRaiseSendErrors], which
// may panic.
func (c *Client) raiseError(id string, err error) {
	guard.Enter()
	defer guard.Leave()
	c.raise(&SendError{EventID: id, Err: err})
}

// unlessEnded returns ctx, or, if that has ended already, one that has its
// values only. What a program captures when a request was cancelled is wanted
// as much as anything else; the transport's own timeout bounds it.
func unlessEnded(ctx context.Context) context.Context {
	if ended(ctx) {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// ended reports whether a context has ended. One that panics has.
func ended(ctx context.Context) (ended bool) {
	defer func() {
		if recover() != nil {
			ended = true
		}
	}()
	return ctx.Err() != nil
}

// await sends an event past any queue and settles it. That time was up for the
// caller says nothing about the way to the server.
func (c *Client) await(ctx context.Context, p outgoing, how terms) (resp *transport.Response, err error) {
	err = errNoReturn
	defer func() { // also when the goroutine is ended
		how.ignore = how.ignore || err != nil && ended(ctx)
		c.settle(p.fate, resp, err, how)
	}()
	return c.call(ctx, p.packet)
}

// call sends a packet. A transport that panics is a transport that fails.
func (c *Client) call(ctx context.Context, p *transport.Packet) (resp *transport.Response, err error) {
	defer containTransport(&err)
	return c.transport.Send(ctx, p)
}

// enqueue hands over a packet; with a transport that blocks it sends it.
func (c *Client) enqueue(ctx context.Context, p *transport.Packet, done func(*transport.Response, error)) (err error) {
	defer containTransport(&err)
	if c.async == nil {
		done(c.transport.Send(ctx, p))
		return nil
	}
	c.async.SendAsync(ctx, p, done)
	return nil
}

func (c *Client) flushTransport(ctx context.Context) (err error) {
	defer containTransport(&err)
	return c.async.Flush(ctx)
}

func (c *Client) closeTransport(ctx context.Context) (err error) {
	defer containTransport(&err)
	return c.transport.Close(ctx)
}

func containTransport(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("raven: the transport panicked: %s", guard.Plain(r))
	}
}

func (c *Client) deliver(ctx context.Context, ev *Event, opts []CaptureOption) (string, error) {
	p, drop := c.pass(ctx, ev, subject{urgent: true, told: true}, opts)
	if p.fate == nil {
		if drop.Kind == OutcomeSampled {
			c.setLastEventID(drop.EventID)
		}
		return drop.EventID, &DroppedError{Outcome: drop}
	}
	id := p.id
	c.setLastEventID(id)
	resp, err := c.await(orBackground(ctx), p, terms{told: true, ignore: c.raise != nil})
	if err == nil && resp != nil {
		id = cmp.Or(normalID(resp.EventID), id)
	}
	return id, err
}

func (c *Client) send(ctx context.Context, ev *Event, opts []CaptureOption) error {
	if ev == nil {
		return errNilEvent
	}
	if ev.EventID != "" && normalID(ev.EventID) == "" {
		return errEventID
	}
	if err := checkInterfaces(ev, opts); err != nil {
		return err
	}
	p, drop := c.pass(ctx, ev, subject{bare: true, told: true, urgent: c.raise != nil}, opts)
	if p.fate == nil {
		return &DroppedError{Outcome: drop}
	}
	c.setLastEventID(p.id)
	if c.raise != nil || c.async == nil {
		_, err := c.await(orBackground(ctx), p, terms{told: true, ignore: c.raise != nil})
		return err
	}
	var a admission
	done := func(resp *transport.Response, err error) {
		c.settle(p.fate, resp, err, terms{told: a.refuse(err)})
	}
	err := errNoReturn
	defer func() { // also when the goroutine is ended
		if err != nil {
			c.settle(p.fate, nil, err, terms{told: true})
		}
	}()
	if err = c.enqueue(orBackground(ctx), p.packet, done); err != nil {
		return err
	}
	return a.close()
}

// admission catches the outcome of an event that comes before SendAsync has
// returned: the caller's to know, and not to be logged as well.
type admission struct {
	mu     sync.Mutex
	closed bool  // guarded by mu
	err    error // guarded by mu
}

// refuse reports whether it was in time for the caller.
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

func (c *Client) setLastEventID(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastID = id
}

func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
