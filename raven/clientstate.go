package raven

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/ravenkit/ravenkit/raven/internal/advice"
)

// Enabled reports whether the client reports anything: whether it has a DSN.
func (c *Client) Enabled() bool { return c != nil && c.dsn != nil }

// LastEventID returns the id of the event that was captured last, by whichever
// goroutine; "" before the first. It says nothing about delivery.
func (c *Client) LastEventID() string {
	if c == nil {
		return ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lastID
}

// PublicDSN returns the DSN that may be shown to browsers: without secret,
// transport and options. It begins with "//" unless a scheme is given. A
// disabled client has none and returns "".
func (c *Client) PublicDSN(scheme string) string {
	if !c.Enabled() {
		return ""
	}
	return c.dsn.Public(scheme)
}

// Close delivers what is under way, until ctx ends or the transport's
// shutdown_timeout runs out, and closes the transport, also one that was given
// by [WithTransport]. It returns nil if nothing was lost since the last
// [Client.Flush], or the start; else a *[LossError], which wraps a
// *transport.UndeliveredError if events had to be given up. Events captured
// afterwards are refused with transport.ErrClosed. Close may be called again,
// and then returns nil once the first call is through.
func (c *Client) Close(ctx context.Context) error {
	if c == nil || c.transport == nil {
		return nil
	}
	c.crashes.close(orBackground(ctx))
	return c.close(orBackground(ctx))
}

// String names the client by its public DSN.
func (c *Client) String() string {
	if !c.Enabled() {
		return "raven.Client(disabled)"
	}
	return "raven.Client(" + c.dsn.Public("") + ")"
}

// Format prints String for every verb: what a client holds is not for logs.
func (c *Client) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// LogValue is String for log/slog.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// loss makes the error for losses that no one has been told of, and for err;
// nil if there is neither. A loss is told once.
func (c *Client) loss(err error) error {
	var lost map[OutcomeKind]uint64
	for i := range c.counters.untold {
		if n := c.counters.untold[i].Swap(0); n > 0 {
			if lost == nil {
				lost = make(map[OutcomeKind]uint64)
			}
			lost[outcomeKinds[i]] = n
		}
	}
	if lost == nil && err == nil {
		return nil
	}
	return &LossError{Lost: lost, Err: err}
}

func (c *Client) flush(ctx context.Context) error {
	var err error
	if c.async != nil {
		err = c.flushTransport(ctx)
	}
	c.sendReport(ctx)
	return c.loss(err)
}

func (c *Client) close(ctx context.Context) error {
	if !c.Enabled() {
		return c.closeTransport(ctx)
	}
	if c.closed.Swap(true) {
		return c.closeTransport(ctx)
	}
	c.endedCtx.Store(ctx.Err() != nil)
	c.queueReport(ctx)
	err := c.closeTransport(ctx)
	if err != nil && c.endedCtx.Load() {
		err = fmt.Errorf("%w (%s)", err, advice.EndedContext)
	}
	err = c.loss(err)
	if b, ended := c.burst.End(); ended {
		c.logEnd(b)
	}
	return err
}
