package ravenzap

import (
	"context"

	"go.uber.org/zap/zapcore"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// Core is a [zapcore.Core] that reports entries. They become events from one
// level up and breadcrumbs from another. It writes no output: combine it with a
// writing core by [zapcore.NewTee]. It is safe for concurrent use.
type Core struct {
	to     *adapter
	found  *clients // that reported entries; nil if NewCore got a client
	fields []zapcore.Field
}

// NewCore returns a core that reports with client. If client is nil, each entry
// is reported with the client of the raven.Context in its [Context] field, else
// with the [raven.Default] of that moment.
func NewCore(client *raven.Client, opts ...Option) *Core {
	to := &adapter{logrecord.New(client, levels, "github.com/ravenkit/ravenkit/raven/ravenzap.", "go.uber.org/zap.", "go.uber.org/zap/")}
	c := &Core{to: logrecord.With(to, opts)}
	if client == nil {
		c.found = new(clients)
	}
	return c
}

// Enabled reports whether entries of the level become events or breadcrumbs.
func (c *Core) Enabled(level zapcore.Level) bool { return c.to.Reports(int(level)) }

// With returns a core that adds the fields to its entries.
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

// Write reports the entry. Entries at [zapcore.DPanicLevel] and above may end
// the program, so Write waits up to five seconds for their delivery and returns
// the error of [raven.Client.Flush]. For other entries the error is nil, and
// the client logs losses. Write skips entries that the client itself logs, such
// as that events can't be delivered.
func (c *Core) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	if !c.Enabled(entry.Level) {
		return nil
	}
	r := logrecord.Record{Time: entry.Time, Level: int(entry.Level), Message: entry.Message, Logger: entry.LoggerName, PC: entry.Caller.PC}
	if entry.Caller.Defined {
		r.At = entry.Caller.PC
	}
	ctx := collect(&r, c.fields, fields)
	if c.found != nil {
		c.found.add(c.to.ClientFor(ctx))
	}
	return c.to.Report(ctx, &r)
}

// Sync waits up to five seconds for the delivery of all events. If an event was
// lost since the last Sync or flush of the client, or is still pending, the
// error wraps a *[raven.LossError]. A core without its own client waits for
// [raven.Default] and for the clients that reported its entries.
func (c *Core) Sync() error {
	if c.found == nil {
		return logrecord.Deliver(c.to.ClientFor(context.Background()))
	}
	c.found.add(raven.Default())
	return c.found.flush()
}
