package raven

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/advice"
	"github.com/ravenkit/ravenkit/raven/internal/gate"
	"github.com/ravenkit/ravenkit/transport"
)

// lost logs an event, if it is the first of a burst or the log is at level
// debug: of each burst the first loss, with what to do about it, and at its end
// how many events were lost. An echo of the log is logged only as the first: if
// each were, the log would make new ones without end.
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

// logsLosses reports whether an event that is lost now would be logged.
func (c *Client) logsLosses() bool { return !c.burst.Burning() || c.logsAll() }

func (c *Client) logsAll() bool { return c.logTo().Enabled(context.Background(), slog.LevelDebug) }

// noticed hears of the pauses of a transport that holds.
func (c *Client) noticed(n transport.Notice) {
	switch n.Kind {
	case transport.NoticePaused:
		if c.burst.Pause(n.Since) {
			c.logOutage(&n)
		}
	case transport.NoticeResumed:
		if b, ended := c.burst.End(); ended {
			c.logTo().Warn("raven: events are delivered again",
				"after", time.Since(b.Began).Round(time.Millisecond), "waiting", n.Waiting, "lost", b.Lost, "host", c.dsn.Host)
		}
	}
}

// logOutage says that events wait.
func (c *Client) logOutage(n *transport.Notice) {
	attrs := append([]slog.Attr{slog.Any("error", n.Err)}, advised(n.Err, func() string { return advice.For(n.Err, c.dsn) })...)
	attrs = append(attrs, slog.String("host", c.dsn.Host), slog.Int("waiting", n.Waiting))
	c.logTo().LogAttrs(context.Background(), slog.LevelError, "raven: delivery has stopped; events wait until it is possible again", attrs...)
}

// logEnd says that a burst is over.
func (c *Client) logEnd(b gate.Ended) {
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

// logTo is the program's log. It is somebody else's code: a panic in it costs
// the record.
func (c *Client) logTo() *slog.Logger {
	if c.log != nil {
		return guard.Logger(c.log)
	}
	return guard.Logger(slog.Default())
}

// logLoss writes down what was lost in a form that people can read, since the
// log may be all that is left of it.
func (c *Client) logLoss(level slog.Level, o *Outcome, g *gist) {
	attrs := []slog.Attr{slog.Any("error", o.Err), slog.String("outcome", string(o.Kind))}
	attrs = append(attrs, advised(o.Err, func() string { return c.advice(o) })...)
	attrs = append(attrs, slog.String("host", c.dsn.Host))
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

// advised returns what is known of the cause of a failure. A transport's error
// may be the program's own.
func advised(err error, advise func() string) (attrs []slog.Attr) {
	guard.Do(func() {
		if problem := advice.CertificateProblem(err); problem != "" {
			attrs = append(attrs, slog.String("certificate", problem))
		}
		if fix := advise(); fix != "" {
			attrs = append(attrs, slog.String("advice", fix))
		}
	})
	return attrs
}

func (c *Client) advice(o *Outcome) string {
	// What is captured after Close has no context's end among its causes.
	gaveUp := errors.Is(o.Err, context.Canceled) || errors.Is(o.Err, context.DeadlineExceeded)
	if o.Kind == OutcomeClosed && gaveUp && c.endedCtx.Load() {
		return advice.EndedContext
	}
	return advice.For(o.Err, c.dsn)
}

// complain logs what went wrong inside a call that has no event.
func (c *Client) complain(msg string, err error) {
	c.logTo().LogAttrs(context.Background(), slog.LevelError, msg, slog.Any("error", err))
}
