package sentrytest

import (
	"fmt"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Validate looks at the JSON of one event as a real server does: with the limits and forms of protocol section 5 and
// the rules for transactions of section 7. It returns what it finds, the gravest first, and nil for an event that a
// server keeps as it is. Times are not compared with a clock; [Event.Findings] of an event that a server received is.
func Validate(raw []byte) []Finding {
	return validateEvent(raw, eventContext{})
}

// Findings is [Validate] of the event's JSON. An event that a server received is also held against the time of its
// arrival, and its id may stand in its envelope alone. It is computed at each call.
func (e Event) Findings() []Finding {
	about := contextOf(e.Received)
	about.itemType = e.Type
	return validateEvent(e.Raw, about)
}

// eventContext is what there is to know about an event beside its JSON.
type eventContext struct {
	received time.Time // zero when nobody received it
	envelope bool      // whether an envelope can have its id
	made     bool      // whether it was made of a report or an upload, whose senders know of no documentation
	itemType string    // "" for an event or transaction, by its own type
}

func contextOf(r Request) eventContext {
	return eventContext{
		received: r.Time, envelope: r.Protocol == protocolEnvelope,
		made: r.Protocol == protocolSecurity || r.Protocol == protocolMinidump,
	}
}

func validateEvent(raw []byte, about eventContext) []Finding {
	f := &findings{}
	object, err := jsontree.ParseObject(raw)
	if err != nil {
		f.add(SeverityFatal, "", RuleJSON, texts.Beginning(raw), "%s", err)
		return f.list
	}
	if len(raw) > MaxEventSize {
		f.add(SeverityFatal, "", RuleSizeLimit, absent{}, "%d bytes: an event may have %d", len(raw), MaxEventSize)
	}
	// Reading the event leaves a tree alone that is decoded apart from it.
	problems := normalize(object.Clone()).Problems
	tree, err := jsontree.Decode(raw)
	fields, ok := tree.(map[string]any)
	if err != nil || !ok {
		f.add(SeverityFatal, "", RuleJSON, texts.Beginning(raw), "%v", err)
		return f.list
	}
	for _, p := range problems {
		if p.Path == "event_id" {
			f.add(SeverityFatal, p.Path, RuleInvalidData, fields["event_id"], "%s", p.expected())
			continue
		}
		f.problems(tree, []Problem{p})
	}
	eventShape.annotated(f, "", fields)
	checkAliases(f, fields)
	checkDocumented(f, fields, about)
	checkTags(f, fields)
	checkClock(f, fields["timestamp"], about.received)
	if fields["type"] == itemTransaction || about.itemType == itemTransaction {
		checkTransaction(f, fields)
	}
	return f.sorted()
}

// checkDocumented reports what SDKs have to send according to the documentation, although servers fill it in.
func checkDocumented(f *findings, fields map[string]any, about eventContext) {
	if about.made {
		return
	}
	transaction := fields["type"] == itemTransaction || about.itemType == itemTransaction
	for _, key := range []string{"event_id", "timestamp", "platform"} {
		elsewhere := key == "event_id" && about.envelope || key == "timestamp" && transaction
		if fields[key] == nil && !elsewhere {
			f.add(SeverityWarning, key, RuleMissingAttribute, absent{}, "missing: the documentation requires it")
		}
	}
}

// How far a timestamp may be off before a server replaces it (protocol section 5.4).
const (
	maxAhead = time.Minute
	maxAge   = 30 * 24 * time.Hour
)

func checkClock(f *findings, value any, received time.Time) {
	t, ok := parseTime(value)
	if !ok || received.IsZero() {
		return
	}
	switch off := t.Sub(received); {
	case off > maxAhead:
		f.add(SeverityWarning, "timestamp", RuleFutureTimestamp, value, "%s after it was received: replaced", roughly(off))
	case off < -maxAge:
		f.add(SeverityWarning, "timestamp", RulePastTimestamp, value, "%s before it was received: replaced", roughly(-off))
	}
}

// roughly says a duration as people do: in days if there are several.
func roughly(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 2*day {
		return d.Round(time.Second).String()
	}
	return texts.Count(int(d/day), "day")
}

// legacyAliases are the old names of interfaces, and the attributes that carry a deprecated shape (protocol section 5.5).
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

func checkAliases(f *findings, fields map[string]any) {
	for _, alias := range legacyAliases {
		value := fields[alias.old]
		if value == nil {
			continue
		}
		f.add(SeverityInfo, alias.old, RuleDeprecated, value, "deprecated: %s is its name", alias.canonical)
		if other := fields[alias.canonical]; other != nil {
			f.add(SeverityInfo, alias.old, RuleDropped, value, "not looked at, since %s is there", alias.canonical)
		}
	}
	for _, key := range []string{"exception", "threads"} {
		if m, ok := fields[key].(map[string]any); ok {
			if _, wrapped := m["values"]; !wrapped {
				f.add(SeverityInfo, key, RuleDeprecated, m, "deprecated: a single object in place of %s.values", key)
			}
		}
	}
}

// checkLevel reports levels that are written in an old way; unreadable ones are the reader's.
func checkLevel(f *findings, at string, value any) {
	level, ok := parseLevel(value)
	if ok && level != value {
		f.add(SeverityInfo, at, RuleDeprecated, value, "deprecated: it is written %s", fmt.Sprintf("%q", level))
	}
}
