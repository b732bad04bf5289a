package raven

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/internal/losses"
	"github.com/ravenkit/ravenkit/raven/internal/advice"
	"github.com/ravenkit/ravenkit/transport"
)

// lost logs the first loss of a burst, and the others at level debug. An echo
// of the log is logged only as the first; otherwise the log would cause new
// losses without end.
func (c *Client) lost(o *Outcome, g *gist, echo bool) {
	sticky := true
	switch o.Kind {
	case OutcomeNetwork, OutcomeBackoff, OutcomeRateLimited:
		sticky = false
	case OutcomeRejected:
		sticky = aboutTheEvent(o.Status)
	}
	if c.burst.Lose(sticky) {
		c.logLoss(slog.LevelError, o, g)
	} else if !echo && c.logsAll() {
		c.logLoss(slog.LevelDebug, o, g)
	}
}

// logsLosses reports whether a loss would be logged now.
func (c *Client) logsLosses() bool { return !c.burst.Burning() || c.logsAll() }

func (c *Client) logsAll() bool { return c.logTo().Enabled(context.Background(), slog.LevelDebug) }

// noticed is called for the pauses of a transport that holds events, and for
// the events that an earlier process left on disk.
func (c *Client) noticed(n transport.Notice) {
	switch n.Kind {
	case transport.NoticePaused:
		if c.burst.Pause(n.Since) {
			attrs := c.advised([]slog.Attr{slog.Any("error", n.Err)}, n.Err, func() string { return advice.For(n.Err, c.dsn) })
			c.logTo().LogAttrs(context.Background(), slog.LevelError, "raven: delivery has stopped; events wait until it is possible again", append(attrs, slog.Int("waiting", n.Waiting))...)
		}
	case transport.NoticeResumed:
		if b, ended := c.burst.End(); ended {
			c.logTo().Warn("raven: events are delivered again",
				"after", time.Since(b.Began).Round(time.Millisecond), "waiting", n.Waiting, "lost", b.Lost, "host", c.dsn.Host)
		}
	case transport.NoticeRecovered:
		c.fromSpool(n.EventID, n.Err)
	}
}

// fromSpool records the outcome of an event that an earlier process captured.
// It counts among the outcomes of that process.
func (c *Client) fromSpool(id string, err error) {
	o := outcomeOf(id, nil, err)
	word := "recovered"
	if err != nil {
		word = o.word()
		c.reports.count(&o)
		c.lost(&o, nil, false)
	} else {
		c.counters.recovered.Add(1)
		if b, over := c.burst.Success(); over {
			c.logEnd(b)
		}
	}
	if id != "" {
		c.ledger.Open(id, word)
	}
}

// logSpooled logs that Close left events on disk.
func (c *Client) logSpooled(left *transport.UndeliveredError) {
	c.logTo().Warn("raven: closed; events wait on disk for the next start", "events", left.Spooled, "dir", c.spoolState().Dir, "error", left.Err, "host", c.dsn.Host)
}

// logEnd logs the end of a burst.
func (c *Client) logEnd(b losses.Ended) {
	if b.Lost == 0 { // an outage that cost nothing
		c.logTo().Warn("raven: closed while delivery had stopped; no event was lost", "host", c.dsn.Host)
		return
	}
	msg := "raven: events are delivered again"
	if c.closed.Load() {
		msg = "raven: closed; events were lost (including those Flush reported)"
	}
	attrs := []any{"lost", b.Lost}
	if took := b.Took.Round(time.Millisecond); took > 0 {
		attrs = append(attrs, "for", took)
	}
	c.logTo().Warn(msg, attrs...)
}

// logTo returns the program's log. A panic in it loses only the record.
func (c *Client) logTo() *slog.Logger {
	if c.log != nil {
		return guard.Logger(c.log)
	}
	return guard.Logger(slog.Default())
}

// logLoss logs a lost event with its text and innermost frames, since the log
// may be all that is left of it.
func (c *Client) logLoss(level slog.Level, o *Outcome, g *gist) {
	attrs := []slog.Attr{slog.Any("error", o.Err), slog.String("outcome", string(o.Kind))}
	attrs = c.advised(attrs, o.Err, func() string { return c.advice(o) })
	if o.EventID != "" {
		attrs = append(attrs, slog.String("event_id", o.EventID))
	}
	if g != nil {
		message, frames := g.readable()
		attrs = append(attrs, slog.String("event", message))
		if len(frames) > 0 {
			attrs = append(attrs, slog.Any("frames", frames))
		}
	}
	c.logTo().LogAttrs(context.Background(), level, "raven: event not delivered", attrs...)
}

// advised adds what is known about a failure. Its error may be of the program's
// own type.
func (c *Client) advised(attrs []slog.Attr, err error, advise func() string) []slog.Attr {
	guard.Do(func() {
		if problem := advice.CertificateProblem(err); problem != "" {
			attrs = append(attrs, slog.String("certificate", problem))
		}
		if fix := advise(); fix != "" {
			attrs = append(attrs, slog.String("advice", fix))
		}
	})
	return append(attrs, slog.String("host", c.dsn.Host))
}

func (c *Client) advice(o *Outcome) string {
	// Captures after Close have no ended context among their causes.
	gaveUp := errors.Is(o.Err, context.Canceled) || errors.Is(o.Err, context.DeadlineExceeded)
	if o.Kind == OutcomeClosed && gaveUp && c.endedCtx.Load() {
		return advice.EndedContext
	}
	return advice.For(o.Err, c.dsn)
}

// complain logs an error that belongs to no event.
func (c *Client) complain(msg string, err error) {
	c.logTo().LogAttrs(context.Background(), slog.LevelError, msg, slog.Any("error", err))
}
