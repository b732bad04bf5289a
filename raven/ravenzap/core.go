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
	to     *adapter
	found  *clients // that reported in place of a nil client; nil if there is one
	fields []zapcore.Field
}

// NewCore returns a core that reports with client. With a nil client it uses
// the client of the entry's [Context], else raven.Default, as it is when the
// entry comes.
func NewCore(client *raven.Client, opts ...Option) *Core {
	c := &Core{to: &adapter{logrecord.New(client, levels, "github.com/ravenkit/ravenkit/raven/ravenzap.", "go.uber.org/zap.", "go.uber.org/zap/")}}
	if client == nil {
		c.found = new(clients)
	}
	for _, o := range opts {
		if o != nil {
			o(c.to)
		}
	}
	return c
}

// Enabled reports whether entries of the level become events or breadcrumbs.
func (c *Core) Enabled(level zapcore.Level) bool { return c.to.Reports(int(level)) }

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

// Sync waits until what was reported is delivered, for five seconds at most. If
// something was lost since the last Sync, or flush of the client, or still waits
// for its server, the error wraps a *raven.LossError. A core without a client
// waits for raven.Default and for the clients that entries were reported with.
func (c *Core) Sync() error {
	if c.found == nil {
		return logrecord.Deliver(c.to.ClientFor(context.Background()))
	}
	c.found.add(raven.Default())
	return c.found.flush()
}
