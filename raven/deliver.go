package raven

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/ravenkit/ravenkit/transport"
)

var (
	_ Reporter = (*Client)(nil)
	_ Reporter = discard{}
)

// report builds an event, hands it over and returns its id.
func (c *Client) report(ctx context.Context, ev *Event, what subject, opts []CaptureOption) string {
	if c.ignore.ignores(&what) || c.scope(ctx).repeated(&what) {
		return ""
	}
	p, err := c.prepare(ctx, ev, what, opts)
	if err != nil && c.raise != nil {
		c.raise(&SendError{Err: err})
		return ""
	}
	if err != nil {
		c.settle(err)
		return ""
	}
	id := p.EventID
	c.setLastEventID(id)
	c.dispatch(orBackground(ctx), p)
	return id
}

func (c *Client) dispatch(ctx context.Context, p *outgoing) {
	if c.raise != nil {
		if _, err := c.await(ctx, p); err != nil {
			c.raise(&SendError{EventID: p.EventID, Err: err})
		}
		return
	}
	if c.async == nil {
		_, err := c.await(unlessEnded(ctx), p)
		c.settleFor(p.EventID, err)
		return
	}
	if err := c.enqueue(ctx, p, c.settled); err != nil {
		c.settleFor(p.EventID, err)
	}
}

// unlessEnded returns ctx, or, if that has ended already, one that has its
// values only. What a program captures when a request was cancelled is wanted
// as much as anything else; the transport's own timeout bounds it.
func unlessEnded(ctx context.Context) context.Context {
	if ctx.Err() != nil {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// await sends a packet past any queue. A transport that panics is a transport
// that fails.
func (c *Client) await(ctx context.Context, p *outgoing) (resp *transport.Response, err error) {
	defer containTransport(&err)
	return c.transport.Send(ctx, p)
}

func (c *Client) enqueue(ctx context.Context, p *outgoing, done func(*transport.Response, error)) (err error) {
	defer containTransport(&err)
	c.async.SendAsync(ctx, p, done)
	return nil
}

func containTransport(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("raven: the transport panicked: %s", plainText(r))
	}
}

func (c *Client) deliver(ctx context.Context, ev *Event, opts []CaptureOption) (string, error) {
	p, err := c.prepare(ctx, ev, subject{}, opts)
	if err != nil {
		return "", err
	}
	id := p.EventID
	c.setLastEventID(id)
	resp, err := c.await(orBackground(ctx), p)
	if err != nil {
		return id, err
	}
	c.settle(nil)
	if resp != nil && resp.EventID != "" {
		id = resp.EventID
	}
	return id, nil
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
	p, err := c.prepare(ctx, ev, subject{bare: true}, opts)
	if err != nil {
		return err
	}
	c.setLastEventID(p.EventID)
	if c.raise != nil || c.async == nil {
		_, err := c.await(orBackground(ctx), p)
		if err == nil {
			c.settle(nil)
		}
		return err
	}
	var a admission
	if err := c.enqueue(orBackground(ctx), p, func(_ *transport.Response, err error) {
		if !a.refuse(err) {
			c.settleFor(p.EventID, err)
		}
	}); err != nil {
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

// settle takes note of an outcome. Of failures in a row only the first is
// logged: a server that is down is one thing to report, not thousands.
func (c *Client) settle(err error) { c.settleFor("", err) }

func (c *Client) settleFor(id string, err error) {
	if err == nil {
		if c.failing.Load() {
			c.failing.Store(false)
		}
		return
	}
	if c.failing.Swap(true) {
		return
	}
	log := c.log
	if log == nil {
		log = slog.Default()
	}
	attrs := []slog.Attr{slog.Any("error", err)}
	if id != "" {
		attrs = append(attrs, slog.String("event_id", id))
	}
	log.LogAttrs(context.Background(), slog.LevelError, "raven: event not delivered", attrs...)
}
