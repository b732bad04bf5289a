package ravenlogrus

import (
	"context"

	"github.com/sirupsen/logrus"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// Hook is a [logrus.Hook] that reports entries: as an event up to one level, as
// a breadcrumb up to another. In logrus, the worse the lower.
type Hook struct {
	client *raven.Client
	cfg    config
}

// Option sets up a [Hook].
type Option func(*config)

type config struct {
	event, breadcrumb logrus.Level
	logger            string
	stack             bool
}

// WithEventLevel makes events of the entries of this level and worse ones, in
// place of [logrus.ErrorLevel].
func WithEventLevel(level logrus.Level) Option {
	return func(c *config) { c.event = level }
}

// WithBreadcrumbLevel makes breadcrumbs of the entries of this level and worse
// ones that are no events, in place of [logrus.InfoLevel].
func WithBreadcrumbLevel(level logrus.Level) Option {
	return func(c *config) { c.breadcrumb = level }
}

// WithLogger names the logger in events, and in breadcrumbs as their category.
func WithLogger(name string) Option {
	return func(c *config) { c.logger = name }
}

// WithStack records the stack with events that are about no error, too.
func WithStack() Option {
	return func(c *config) { c.stack = true }
}

// NewHook returns a hook that reports with client. With a nil client it uses
// the client whose Context the entry's context carries, else raven.Default, as
// it is when the entry comes.
func NewHook(client *raven.Client, opts ...Option) *Hook {
	h := &Hook{client: client, cfg: config{event: logrus.ErrorLevel, breadcrumb: logrus.InfoLevel}}
	for _, o := range opts {
		if o != nil {
			o(&h.cfg)
		}
	}
	return h
}

// Levels returns the levels of the entries that are reported.
func (h *Hook) Levels() []logrus.Level {
	return logrus.AllLevels[:max(h.cfg.event, h.cfg.breadcrumb)+1]
}

// Fire reports the entry. For entries that end the program, by a panic or by
// exiting, it waits until they are delivered, for five seconds at most; the error is
// then that of [raven.Client.Flush]. logrus prints it, and does not fire the hooks
// that were added after this one: add this one last. Otherwise the error is nil:
// what is not delivered later is for the client to log. What the client itself
// logs, such as that events can't be delivered, is skipped.
func (h *Hook) Fire(entry *logrus.Entry) error {
	ctx := entry.Context
	if ctx == nil {
		ctx = context.Background()
	}
	client := h.client
	if client == nil {
		client = raven.ClientFrom(ctx)
	}
	if logrecord.Own(ctx, callerOf(entry), entry.Message) {
		return nil
	}
	r := logrecord.Record{
		Time: entry.Time, Level: level(entry.Level), Message: entry.Message, Logger: h.cfg.logger, Stack: h.cfg.stack,
	}
	collect(&r, entry.Data)
	if entry.Level > h.cfg.event {
		r.Breadcrumb(ctx, client)
		return nil
	}
	r.Callers = logrecord.CallersOutside("github.com/ravenkit/ravenkit/raven/ravenlogrus.", "github.com/sirupsen/logrus.")
	r.Capture(ctx, client)
	if entry.Level <= logrus.FatalLevel {
		return logrecord.Deliver(client)
	}
	return nil
}

// callerOf is where an entry was logged, if the logger reports it.
func callerOf(entry *logrus.Entry) uintptr {
	if entry.Caller == nil {
		return 0
	}
	return entry.Caller.PC
}

// collect sorts the fields of an entry, which stay the entry's.
func collect(r *logrecord.Record, data logrus.Fields) {
	for key, v := range data {
		switch x := v.(type) {
		case raven.CaptureOption:
			r.Options = append(r.Options, x)
			continue
		case error:
			if key == logrus.ErrorKey {
				r.Err = x
				continue
			}
			v = guard.Error(x)
		}
		if r.Fields == nil {
			r.Fields = make(map[string]any, len(data))
		}
		r.Fields[key] = v
	}
}

func level(l logrus.Level) raven.Level {
	switch {
	case l >= logrus.DebugLevel:
		return raven.LevelDebug
	case l == logrus.InfoLevel:
		return raven.LevelInfo
	case l == logrus.WarnLevel:
		return raven.LevelWarning
	case l == logrus.ErrorLevel:
		return raven.LevelError
	}
	return raven.LevelFatal
}
