package raven

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/ravenkit/ravenkit/raven/internal/advice"
	"github.com/ravenkit/ravenkit/transport"
)

// Enabled reports whether the client has a DSN, and so reports anything.
func (c *Client) Enabled() bool { return c != nil && c.dsn != nil }

// LastEventID returns the id of the event that was captured last, on any
// goroutine; "" before the first. It says nothing about delivery.
func (c *Client) LastEventID() string {
	if c == nil {
		return ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lastID
}

func (c *Client) setLastEventID(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastID = id
}

// PublicDSN returns a DSN that browsers may see: without secret, transport and
// options. It begins with "//" unless a scheme is given. A disabled client
// returns "".
func (c *Client) PublicDSN(scheme string) string {
	if !c.Enabled() {
		return ""
	}
	return c.dsn.Public(scheme)
}

// String identifies the client by its public DSN.
func (c *Client) String() string {
	if !c.Enabled() {
		return "raven.Client(disabled)"
	}
	return "raven.Client(" + c.dsn.Public("") + ")"
}

// Format prints String for every verb, since a client holds secrets.
func (c *Client) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// LogValue is String for log/slog.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Close delivers pending events, until ctx ends or the transport's
// shutdown_timeout has passed. It closes the transport, also that of
// [WithTransport]. Events that it cannot deliver stay on disk if the DSN has
// spool_dir; that is logged. It returns nil if nothing was lost since the last
// [Client.Flush], else a *[LossError], which wraps a
// *transport.UndeliveredError if events had to be given up. Events captured
// afterwards are refused with transport.ErrClosed. Further calls wait for the
// first and return nil.
func (c *Client) Close(ctx context.Context) error {
	if c == nil || c.transport == nil {
		return nil
	}
	ctx = orBackground(ctx)
	c.crashes.close(ctx)
	first := c.Enabled() && !c.closed.Swap(true)
	if first {
		c.endedCtx.Store(ctx.Err() != nil)
		c.queueReport(ctx)
	}
	err := contained(func() error { return c.transport.Close(ctx) })
	if !first {
		return err
	}
	if left, ok := err.(*transport.UndeliveredError); ok && left.Spooled > 0 {
		c.logSpooled(left)
		if left.Abandoned+left.Stuck == 0 {
			c.burst.End() // the line before says it
			err = nil
		}
	}
	if err != nil && c.endedCtx.Load() {
		err = fmt.Errorf("%w (%s)", err, advice.EndedContext)
	}
	err = c.loss(err)
	if b, ended := c.burst.End(); ended {
		c.logEnd(b)
	}
	return err
}

// loss returns the error for err and for losses that were not returned yet; nil
// if there is neither.
func (c *Client) loss(err error) error {
	lost := make(map[OutcomeKind]uint64)
	for i := range c.counters.untold {
		if n := c.counters.untold[i].Swap(0); n > 0 {
			lost[outcomeKinds[i]] = n
		}
	}
	switch {
	case len(lost) > 0:
		return &LossError{Lost: lost, Err: err}
	case err != nil:
		return &LossError{Err: err}
	}
	return nil
}
