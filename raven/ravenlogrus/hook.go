package ravenlogrus

import (
	"context"
	"maps"
	"slices"

	"github.com/sirupsen/logrus"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// Hook is a [logrus.Hook] that reports entries. They become events from one
// level up and breadcrumbs from another. It is safe for concurrent use.
type Hook struct{ to *adapter }

// NewHook returns a hook that reports with client. If client is nil, each entry
// is reported with the client of the raven.Context in its context, else with
// the [raven.Default] of that moment.
func NewHook(client *raven.Client, opts ...Option) *Hook {
	to := &adapter{logrecord.New(client, levels, "github.com/ravenkit/ravenkit/raven/ravenlogrus.", "github.com/sirupsen/logrus.")}
	return &Hook{logrecord.With(to, opts)}
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

// Fire reports the entry. Fatal and panic entries end the program, so Fire
// waits up to five seconds for their delivery and returns the error of
// [raven.Client.Flush]. logrus prints the error and does not fire the hooks
// that were added later: add this hook last. For other entries the error is
// nil, and the client logs losses. Fire skips entries that the client itself
// logs, such as that events can't be delivered.
func (h *Hook) Fire(entry *logrus.Entry) error {
	ctx := entry.Context
	if ctx == nil {
		ctx = context.Background()
	}
	r := logrecord.Record{Time: entry.Time, Level: -int(entry.Level), Message: entry.Message}
	if entry.Caller != nil { // the logger reports callers
		r.PC = entry.Caller.PC
	}
	collect(&r, entry.Data)
	return h.to.Report(ctx, &r)
}

// collect adds the fields of an entry to a record, the field of WithError first
// and the others by name. It does not change the entry.
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
