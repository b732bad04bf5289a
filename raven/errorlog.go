package raven

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/advice"
)

// errorLog reports lost events to the program's own log: of each burst the
// first, with what to do about it, and at its end how many there were. A server
// that is down is one thing to report, not thousands. The zero value is ready.
type errorLog struct {
	burning atomic.Bool // a burst has begun and not ended

	mu     sync.Mutex
	begun  time.Time // guarded by mu
	last   time.Time // guarded by mu; the latest loss
	lasts  bool      // guarded by mu; that one does not end with the next success
	events int       // guarded by mu
}

// quiet is how long nothing has to be lost until a burst is over that comes
// and goes among successes, as a full queue's does.
const quiet = 10 * time.Second

// lost logs an event, if it is the first of a burst or somebody wants to see
// all of them. An echo of the log is logged only as the first: if each were, the
// log would make new ones without end.
func (l *errorLog) lost(c *Client, o *Outcome, p *outgoing, echo bool) {
	if l.note(o) {
		c.logLoss(slog.LevelError, o, p)
	} else if !echo && c.logsAll() {
		c.logLoss(slog.LevelDebug, o, p)
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
		l.begun, l.events = now, 0
	}
	l.events++
	l.last = now
	switch o.Kind {
	case OutcomeNetwork, OutcomeBackoff, OutcomeRateLimited:
		l.lasts = false
	case OutcomeRejected:
		l.lasts = aboutTheEvent(o.Status)
	default:
		l.lasts = true
	}
	return first
}

// delivered ends a burst, if this success says that it is over.
func (l *errorLog) delivered(c *Client) {
	if !l.burning.Load() {
		return
	}
	l.mu.Lock()
	over := l.burning.Load() && (!l.lasts || time.Since(l.last) >= quiet)
	l.mu.Unlock()
	if over {
		l.end(c)
	}
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
	msg := "raven: events are delivered again"
	if c.closed.Load() {
		msg = "raven: closed after events were lost, those that Flush has told of included"
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
func (c *Client) logLoss(level slog.Level, o *Outcome, p *outgoing) {
	attrs := []slog.Attr{slog.Any("error", o.Err), slog.String("outcome", string(o.Kind))}
	guard.Do(func() { // a transport's error may be the program's
		if problem := advice.CertificateProblem(o.Err); problem != "" {
			attrs = append(attrs, slog.String("certificate", problem))
		}
		if fix := c.advice(o); fix != "" {
			attrs = append(attrs, slog.String("advice", fix))
		}
	})
	attrs = append(attrs, slog.String("host", c.dsn.Host))
	if o.EventID != "" {
		attrs = append(attrs, slog.String("event_id", o.EventID))
	}
	if p != nil {
		message, frames := readable(p.Body)
		attrs = append(attrs, slog.String("event", message))
		if len(frames) > 0 {
			attrs = append(attrs, slog.Any("frames", frames))
		}
	}
	c.logger().LogAttrs(context.Background(), level, "raven: event not delivered", attrs...)
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

const (
	loggedFrames = 5
	loggedText   = 1000 // characters
)

// logged is what the log shows of an event, in either dialect.
type logged struct {
	LogEntry  loggedMessage `json:"logentry"`
	Interface loggedMessage `json:"sentry.interfaces.Message"`
	Exception struct {
		Values []struct {
			Type, Value string
			Stacktrace  loggedStack
		}
	}
	Stacktrace loggedStack
}

type loggedMessage struct{ Message, Formatted string }

type loggedStack struct {
	Frames []struct {
		Filename, Function string
		AbsPath            string `json:"abs_path"`
		Lineno             int
	}
}

// readable decodes a packet for the log: what happened, and where, the
// innermost call first.
func readable(body []byte) (message string, frames []string) {
	if parts := bytes.SplitN(body, []byte("\n"), 4); len(parts) > 2 {
		body = parts[2]
	}
	var e logged
	// What does not decode, such as an interface of the caller's own making,
	// leaves its field empty.
	_ = json.Unmarshal(body, &e)
	stack := e.Stacktrace
	message = cmp.Or(e.LogEntry.Formatted, e.LogEntry.Message, e.Interface.Formatted, e.Interface.Message)
	if n := len(e.Exception.Values); n > 0 {
		x := e.Exception.Values[n-1]
		stack = x.Stacktrace
		message = cmp.Or(message, x.Type+": "+x.Value)
	}
	for _, f := range slices.Backward(stack.Frames) {
		if len(frames) == loggedFrames {
			break
		}
		frames = append(frames, fmt.Sprintf("%s:%d in %s", cmp.Or(f.Filename, f.AbsPath), f.Lineno, f.Function))
	}
	return firstRunes(message, loggedText), frames
}
