package raven

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/advice"
	"github.com/ravenkit/ravenkit/transport"
)

// errorLog reports lost events and outages to the program's own log: of each
// burst the first loss, or the outage, with what to do about it, and at its end
// how many events were lost. A server that is down is one thing to report, not
// thousands. The zero value is ready.
type errorLog struct {
	burning atomic.Bool // a burst has begun and not ended

	mu     sync.Mutex
	begun  time.Time // guarded by mu
	last   time.Time // guarded by mu; the latest loss
	sticky bool      // guarded by mu; the burst stays open across successes
	outage bool      // guarded by mu; the transport holds events, and says when it is over
	events int       // guarded by mu
}

// quiet is after how long without a loss a burst ends that is interleaved with
// successes, as a full queue's is.
const quiet = 10 * time.Second

// lost logs an event, if it is the first of a burst or somebody wants to see
// all of them. An echo of the log is logged only as the first: if each were, the
// log would make new ones without end.
func (l *errorLog) lost(c *Client, o *Outcome, g *gist, echo bool) {
	if l.note(o) {
		c.logLoss(slog.LevelError, o, g)
	} else if !echo && c.logsAll() {
		c.logLoss(slog.LevelDebug, o, g)
	}
}

// wants reports whether an event that is lost now would be logged.
func (l *errorLog) wants(c *Client) bool { return !l.burning.Load() || c.logsAll() }

func (c *Client) logsAll() bool { return c.logger().Enabled(context.Background(), slog.LevelDebug) }

func (l *errorLog) note(o *Outcome) (first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	first = !l.burning.Swap(true)
	if first {
		l.begun, l.events, l.outage = now, 0, false
	}
	l.events++
	l.last = now
	switch o.Kind {
	case OutcomeNetwork, OutcomeBackoff, OutcomeRateLimited:
		l.sticky = false
	case OutcomeRejected:
		l.sticky = aboutTheEvent(o.Status)
	default:
		l.sticky = true
	}
	return first
}

// delivered ends a burst, if this success says that it is over.
func (l *errorLog) delivered(c *Client) {
	if !l.burning.Load() {
		return
	}
	l.mu.Lock()
	over := l.burning.Load() && !l.outage && (!l.sticky || time.Since(l.last) >= quiet)
	l.mu.Unlock()
	if over {
		l.end(c)
	}
}

// noticed hears of the pauses of a transport that holds.
func (c *Client) noticed(n transport.Notice) {
	switch n.Kind {
	case transport.NoticePaused:
		if c.failures.pause(n.Since) {
			c.logOutage(&n)
		}
	case transport.NoticeResumed:
		c.failures.resume(c, &n)
	}
}

// pause notes the beginning of an outage. It reports whether that begins a
// burst.
func (l *errorLog) pause(since time.Time) (first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if first = !l.burning.Swap(true); first {
		l.begun, l.last, l.events = since, since, 0
	}
	l.outage = true
	return first
}

// resume ends an outage, and the burst with it.
func (l *errorLog) resume(c *Client, n *transport.Notice) {
	l.mu.Lock()
	ended := l.burning.Swap(false)
	events, began := l.events, l.begun
	l.outage = false
	l.mu.Unlock()
	if !ended {
		return
	}
	c.logger().Warn("raven: events are delivered again",
		"after", time.Since(began).Round(time.Millisecond), "waiting", n.Waiting, "lost", events, "host", c.dsn.Host)
}

// logOutage says that events wait.
func (c *Client) logOutage(n *transport.Notice) {
	attrs := append([]slog.Attr{slog.Any("error", n.Err)}, advised(n.Err, func() string { return advice.For(n.Err, c.dsn) })...)
	attrs = append(attrs, slog.String("host", c.dsn.Host), slog.Int("waiting", n.Waiting))
	c.logger().LogAttrs(context.Background(), slog.LevelError, "raven: delivery has stopped; events wait until it is possible again", attrs...)
}

// end ends a burst, if there is one.
func (l *errorLog) end(c *Client) {
	l.mu.Lock()
	ended := l.burning.Swap(false)
	events, took := l.events, l.last.Sub(l.begun)
	l.mu.Unlock()
	if !ended {
		return
	}
	if events == 0 { // an outage that cost nothing
		c.logger().Warn("raven: closed while delivery had stopped; no event was lost", "host", c.dsn.Host)
		return
	}
	msg := "raven: events are delivered again"
	if c.closed.Load() {
		msg = "raven: closed; events were lost (including those Flush reported)"
	}
	attrs := []any{"lost", events}
	if took = took.Round(time.Millisecond); took > 0 {
		attrs = append(attrs, "for", took)
	}
	c.logger().Warn(msg, attrs...)
}

// logger is the program's. It is somebody else's code: a panic in it costs the
// record.
func (c *Client) logger() *slog.Logger {
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
	c.logger().LogAttrs(context.Background(), level, "raven: event not delivered", attrs...)
}

// advised returns what is known of the cause of a failure. A transport's error may
// be the program's own.
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
	c.logger().LogAttrs(context.Background(), slog.LevelError, msg, slog.Any("error", err))
}
