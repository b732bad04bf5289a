package ravenzap

import (
	"go.uber.org/zap/zapcore"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// Core is a [zapcore.Core] that reports entries: as an event from one level up,
// as a breadcrumb from another. It writes nothing; put it beside the core that
// does with [zapcore.NewTee]. It is safe for concurrent use.
type Core struct {
	client *raven.Client
	found  *clients // that reported in place of a nil client
	cfg    config
	fields []zapcore.Field
}

// Setting sets up a [Core].
type Setting func(*config)

type config struct {
	event, breadcrumb zapcore.Level
	stack             bool
}

// WithEventLevel makes events of the entries from this level up, in place of
// [zapcore.ErrorLevel].
func WithEventLevel(level zapcore.Level) Setting {
	return func(c *config) { c.event = level }
}

// WithBreadcrumbLevel makes breadcrumbs of the entries from this level up to
// those that are events, in place of [zapcore.InfoLevel].
func WithBreadcrumbLevel(level zapcore.Level) Setting {
	return func(c *config) { c.breadcrumb = level }
}

// WithStack records the stack with events that are about no error, too.
func WithStack() Setting {
	return func(c *config) { c.stack = true }
}

// NewCore returns a core that reports with client. With a nil client it uses
// the client of the entry's [Context], else raven.Default, as it is when the
// entry comes.
func NewCore(client *raven.Client, settings ...Setting) *Core {
	c := &Core{client: client, found: new(clients), cfg: config{event: zapcore.ErrorLevel, breadcrumb: zapcore.InfoLevel}}
	for _, set := range settings {
		if set != nil {
			set(&c.cfg)
		}
	}
	return c
}

// Enabled reports whether entries of the level become events or breadcrumbs.
func (c *Core) Enabled(level zapcore.Level) bool {
	return level >= min(c.cfg.event, c.cfg.breadcrumb)
}

// With returns a core whose entries have the fields as well.
func (c *Core) With(fields []zapcore.Field) zapcore.Core {
	with := *c
	with.fields = append(c.fields[:len(c.fields):len(c.fields)], snapshot(fields)...)
	return &with
}

// Check adds the core to the entry if it reports it.
func (c *Core) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if !c.Enabled(entry.Level) {
		return checked
	}
	return checked.AddCore(entry, c)
}

// Write reports the entry. For entries that end the program, at
// [zapcore.DPanicLevel] and above, it waits until they are delivered, for five
// seconds at most; the error is then that of [raven.Client.Flush]. Otherwise it is nil:
// what is not delivered later is for the client to log. What the client itself
// logs, such as that events can't be delivered, is skipped.
func (c *Core) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	r := logrecord.Record{
		Time: entry.Time, Level: level(entry.Level), Message: entry.Message, Logger: entry.LoggerName, Stack: c.cfg.stack,
	}
	ctx := collect(&r, c.fields, fields)
	if logrecord.Own(ctx, entry.Caller.PC, entry.Message) {
		return nil
	}
	client := c.client
	if client == nil {
		client = raven.ClientFrom(ctx)
		c.found.add(client)
	}
	if entry.Level < c.cfg.event {
		r.Breadcrumb(ctx, client)
		return nil
	}
	if entry.Caller.Defined {
		r.Callers = logrecord.CallersFrom(entry.Caller.PC)
	} else {
		r.Callers = logrecord.CallersOutside("github.com/ravenkit/ravenkit/raven/ravenzap.", "go.uber.org/zap.", "go.uber.org/zap/")
	}
	r.Capture(ctx, client)
	if entry.Level >= zapcore.DPanicLevel {
		return logrecord.Deliver(client)
	}
	return nil
}

// Sync waits until what was reported is delivered, for five seconds at most. If
// something was lost since the last Sync, or flush of the client, or still waits
// for its server, the error wraps a *raven.LossError. A core without a client waits for raven.Default and for
// the clients that entries were reported with.
func (c *Core) Sync() error {
	if c.client != nil {
		return logrecord.Deliver(c.client)
	}
	c.found.add(raven.Default())
	return c.found.flush()
}

func level(l zapcore.Level) raven.Level {
	switch {
	case l <= zapcore.DebugLevel:
		return raven.LevelDebug
	case l == zapcore.InfoLevel:
		return raven.LevelInfo
	case l == zapcore.WarnLevel:
		return raven.LevelWarning
	case l == zapcore.ErrorLevel:
		return raven.LevelError
	}
	return raven.LevelFatal
}
