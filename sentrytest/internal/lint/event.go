package lint

import (
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lenient"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Context is what is known of an event beside its JSON.
type Context struct {
	Received time.Time // zero when no server received it
	Envelope bool      // whether its id may be in an envelope
	Made     bool      // whether the server made it of a report or an upload
	ItemType string    // "" for an event or transaction, by its own type
	MaxSize  int       // the largest event that a server takes, in bytes of JSON
}

// Event checks the JSON of one event. read reads the event and returns its
// problems.
func Event(raw []byte, about Context, read func(fields map[string]any) []lenient.Problem) *List {
	f := &List{}
	fields, err := jsontree.DecodeObject(raw)
	if err != nil {
		f.Add(Fatal, "", JSON, texts.Beginning(raw), "%s", err)
		return f
	}
	if err := jsontree.Strict(raw); err != nil {
		f.Add(Fatal, "", JSON, Absent{}, "the server can not read it: %s", err)
	}
	if len(raw) > about.MaxSize {
		f.Add(Fatal, "", SizeLimit, Absent{}, "%d bytes: an event may have %d", len(raw), about.MaxSize)
	}
	problems := read(fields)
	isTransaction := fields["type"] == transaction || about.ItemType == transaction
	judgeEvent(f, fields, isTransaction)
	checkTags(f, fields)
	f.unread(fields, problems)
	checkAliases(f, fields)
	checkDocumented(f, fields, about)
	checkClock(f, fields["timestamp"], about.Received)
	if isTransaction {
		checkTransaction(f, fields)
	}
	return f
}

const transaction = "transaction"

// checkDocumented reports missing attributes that the documentation asks of
// SDKs, although servers fill them in.
func checkDocumented(f *List, fields map[string]any, about Context) {
	if about.Made {
		return
	}
	transaction := fields["type"] == transaction || about.ItemType == transaction
	for _, key := range []string{"event_id", "timestamp", "platform"} {
		elsewhere := key == "event_id" && about.Envelope || key == "timestamp" && transaction
		if fields[key] == nil && !elsewhere {
			f.Add(Info, key, MissingAttribute, Absent{}, "missing: the documentation requires it")
		}
	}
}

// How far a timestamp may be off before a server replaces it.
const (
	maxAhead = time.Minute
	maxAge   = 30 * 24 * time.Hour
)

func checkClock(f *List, value any, received time.Time) {
	t, ok := lenient.Time(value)
	if !ok || received.IsZero() {
		return
	}
	switch off := t.Sub(received); {
	case off > maxAhead:
		f.Add(Warning, "timestamp", FutureTimestamp, value, "%s after it was received: replaced", roughly(off))
	case off < -maxAge:
		f.Add(Warning, "timestamp", PastTimestamp, value, "%s before it was received: replaced", roughly(-off))
	}
}

// roughly returns a duration, in days if there are several.
func roughly(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 2*day {
		return d.Round(time.Second).String()
	}
	return texts.Count(int(d/day), "day")
}

// legacyAliases are the old names of interfaces, and attributes in a deprecated
// form.
var legacyAliases = []struct{ old, canonical string }{
	{"sentry.interfaces.Message", "logentry"},
	{"message", "logentry"},
	{"sentry.interfaces.Exception", "exception"},
	{"sentry.interfaces.Stacktrace", "stacktrace"},
	{"sentry.interfaces.Http", "request"},
	{"sentry.interfaces.User", "user"},
	{"sentry.interfaces.Contexts", "contexts"},
	{"sentry.interfaces.Breadcrumbs", "breadcrumbs"},
	{"sentry.interfaces.Template", "template"},
}

func checkAliases(f *List, fields map[string]any) {
	for _, alias := range legacyAliases {
		value := fields[alias.old]
		if value == nil {
			continue
		}
		f.Add(Info, alias.old, Deprecated, value, "deprecated: its name is %s", alias.canonical)
		if other := fields[alias.canonical]; other != nil {
			f.Add(Info, alias.old, Dropped, value, "ignored, since %s is present", alias.canonical)
		}
	}
	for _, key := range []string{"exception", "threads"} {
		if m, ok := fields[key].(map[string]any); ok {
			if _, wrapped := m["values"]; !wrapped {
				f.Add(Info, key, Deprecated, m, "deprecated: a single object in place of %s.values", key)
			}
		}
	}
}
