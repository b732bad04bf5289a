package raven

import (
	"context"
	"fmt"
	"strings"

	"github.com/ravenkit/ravenkit/raven/internal/advice"
)

// LossError is what [Client.Flush] and [Client.Close] return when something did
// not arrive.
type LossError struct {
	// Lost counts the events, by kind, that were lost since the last Flush
	// without a caller being told: not those whose errors Deliver, Send and
	// WithRaiseSendErrors gave out, and nothing that was dropped on purpose.
	// Nil if there are none.
	Lost map[OutcomeKind]uint64
	// Err is the transport's error, usually a *transport.UndeliveredError, which
	// counts what had no outcome when the time was over. Nil if there is none.
	Err error
}

// Error counts what was lost, by kind, and says what the transport says.
func (e *LossError) Error() string {
	cause := ""
	if e.Err != nil {
		cause = strings.TrimPrefix(e.Err.Error(), "raven: ")
	}
	if len(e.Lost) == 0 {
		return "raven: " + cause
	}
	var parts []string
	var total uint64
	for _, kind := range outcomeKinds {
		if n := e.Lost[kind]; n > 0 {
			total += n
			parts = append(parts, fmt.Sprintf("%s %d", kind, n))
		}
	}
	msg := fmt.Sprintf("raven: events lost since the last Flush: %d (%s)", total, strings.Join(parts, ", "))
	if cause != "" {
		msg += "; " + cause
	}
	return msg
}

// Unwrap returns Err.
func (e *LossError) Unwrap() error { return e.Err }

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
