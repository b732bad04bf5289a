package ravenzap

import (
	"context"

	"go.uber.org/zap/zapcore"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// Core is a [zapcore.Core] that reports entries: as an event from one level up,
// as a breadcrumb from another. It writes nothing; put it beside the core that
// does with [zapcore.NewTee]. It is safe for concurrent use.
type Core struct {
	client *raven.Client
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
	c := &Core{client: client, cfg: config{event: zapcore.ErrorLevel, breadcrumb: zapcore.InfoLevel}}
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
	with.fields = append(c.fields[:len(c.fields):len(c.fields)], fields...)
	return &with
}

// Check adds the core to the entry if it reports it.
func (c *Core) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if !c.Enabled(entry.Level) {
		return checked
	}
	return checked.AddCore(entry, c)
}

// Write reports the entry. Entries that end the program, at
// [zapcore.DPanicLevel] and above, are delivered before it returns, as far as
// the transport's timeout allows. It returns no error: delivery failures are
// the client's to log.
func (c *Core) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	r := logrecord.Record{
		Time: entry.Time, Level: level(entry.Level), Message: entry.Message, Logger: entry.LoggerName, Stack: c.cfg.stack,
	}
	ctx := collect(&r, c.fields, fields)
	client := c.client
	if client == nil {
		client = raven.ClientFrom(ctx)
	}
	if entry.Level < c.cfg.event {
		r.Breadcrumb(ctx, client)
		return nil
	}
	if entry.Caller.Defined {
		r.Callers = logrecord.CallersFrom(entry.Caller.PC)
	}
	r.Capture(ctx, client)
	if entry.Level >= zapcore.DPanicLevel {
		logrecord.Deliver(ctx, client)
	}
	return nil
}

// Sync waits until what was reported is delivered.
func (c *Core) Sync() error {
	logrecord.Deliver(context.Background(), c.client)
	return nil
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
