package ravenlogrus

import (
	"context"
	"maps"
	"slices"

	"github.com/sirupsen/logrus"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// Hook is a [logrus.Hook] that reports entries: as events from one level on, as
// breadcrumbs from another. It is safe for concurrent use.
type Hook struct{ to *adapter }

// NewHook returns a hook that reports with client. With a nil client it uses
// the client whose Context the entry's context carries, else raven.Default, as
// it is when the entry comes.
func NewHook(client *raven.Client, opts ...Option) *Hook {
	to := &adapter{logrecord.New(client, levels, "github.com/ravenkit/ravenkit/raven/ravenlogrus.", "github.com/sirupsen/logrus.")}
	for _, o := range opts {
		if o != nil {
			o(to)
		}
	}
	return &Hook{to}
}

// Levels returns the levels of the entries that are reported.
func (h *Hook) Levels() []logrus.Level {
	var reported []logrus.Level
	for _, level := range logrus.AllLevels {
		if h.to.Reports(-int(level)) {
			reported = append(reported, level)
		}
	}
	return reported
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
	r := logrecord.Record{Time: entry.Time, Level: -int(entry.Level), Message: entry.Message, PC: callerOf(entry)}
	collect(&r, entry.Data)
	return h.to.Report(ctx, &r)
}

// callerOf is where an entry was logged, if the logger reports it.
func callerOf(entry *logrus.Entry) uintptr {
	if entry.Caller == nil {
		return 0
	}
	return entry.Caller.PC
}

// collect sorts the fields of an entry, which stay the entry's: first that of
// WithError, then the others by name.
func collect(r *logrecord.Record, data logrus.Fields) {
	if err, ok := data[logrus.ErrorKey]; ok {
		take(r, logrus.ErrorKey, err)
	}
	for _, key := range slices.Sorted(maps.Keys(data)) {
		if key != logrus.ErrorKey {
			take(r, key, data[key])
		}
	}
}

func take(r *logrecord.Record, key string, v any) {
	data, stays := r.Take(v)
	if !stays {
		return
	}
	if r.Fields == nil {
		r.Fields = map[string]any{}
	}
	r.Fields[key] = data
}
