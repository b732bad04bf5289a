package sentrytest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lenient"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lint"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// Validate checks the JSON of one event against the limits and forms of the
// protocol and its rules for transactions. It returns findings, most severe
// first, and nil for an event that a server keeps as it is. It compares no
// times with a clock, as [Event.Findings] does for an event that a server
// received.
func Validate(raw []byte) []Finding {
	return validateEvent(raw, lint.Context{})
}

// Findings is [Validate] of the event's JSON. For an event that a server
// received it also compares times with the time of arrival, and takes the id of
// its envelope. It is computed at each call.
func (e Event) Findings() []Finding {
	about := contextOf(e.Received)
	about.ItemType = e.Type
	return validateEvent(e.Raw, about)
}

func contextOf(r Request) lint.Context {
	return lint.Context{
		Received: r.Time, Envelope: r.Protocol == wire.ProtocolEnvelope,
		Made: r.Protocol == wire.ProtocolSecurity || r.Protocol == wire.ProtocolMinidump,
	}
}

func validateEvent(raw []byte, about lint.Context) []Finding {
	about.MaxSize = MaxEventSize
	return sorted(lint.Event(raw, about, func(fields map[string]any) []lenient.Problem {
		_, problems := readEvent(fields)
		return problems
	}))
}

// ValidateEnvelope checks an envelope: its grammar, its header, the limits of
// Relay, and every item by [Item.Findings], at paths below "items.0" and so on.
// It returns findings, most severe first.
func ValidateEnvelope(raw []byte) []Finding {
	e, err := ParseEnvelope(raw)
	if err != nil {
		f := &lint.List{}
		f.Add(lint.Fatal, "", RuleEnvelope, lint.Absent{}, "%s", err)
		return sorted(f)
	}
	return e.Findings()
}

// Findings is [ValidateEnvelope] of the envelope. If a server received it, the
// times of its events are compared with the time of arrival. It is computed at
// each call.
func (e Envelope) Findings() []Finding {
	f := &lint.List{}
	if r := checkLimits(e.Items); r != nil {
		f.Add(lint.Fatal, "items", RuleSizeLimit, lint.Absent{}, "%s", r.Detail)
	}
	if e.Raw != nil {
		e.checkHeader(f)
	}
	e.checkPairs(f)
	about := contextOf(e.Received)
	about.Envelope = true
	found := findingsOf(f)
	for i, item := range e.Items {
		found = append(found, below("items."+strconv.Itoa(i), item.findings(about))...)
	}
	return sortFindings(found, f.More)
}

// sentAtForm is what Bugsink accepts; Relay accepts more.
var sentAtForm = regexp.MustCompile(`^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|\+00:00)"$`)

func (e Envelope) checkHeader(f *lint.List) {
	for i, item := range e.Items {
		if !wire.CreatesEvent[item.Type] {
			continue
		}
		if e.Header["event_id"] == nil {
			f.Add(lint.Warning, "event_id", RuleMissingAttribute, lint.Absent{}, "missing, and item %s needs it: the server makes one up", item.Type)
			break
		}
		if item.Type != wire.ItemEvent && item.Type != wire.ItemTransaction {
			continue
		}
		object, _ := jsontree.ParseObject(item.Payload) // without members if it is no object
		if own, err := wire.EventID(object.Member("event_id")); err == nil && own != "" && own != e.EventID {
			f.Add(lint.Info, fmt.Sprintf("items.%d.event_id", i), RuleDropped, own, "the envelope's event_id wins, which is %s", e.EventID)
		}
	}
	if raw := e.Header["sent_at"]; raw != nil && string(raw) != "null" && !sentAtForm.Match(raw) {
		f.Add(lint.Info, "sent_at", RuleInvalidData, raw, "not in UTC: some servers ignore it")
	}
	if raw := e.Header["trace"]; len(raw) > 0 && string(raw) != "null" {
		trace, _ := jsontree.Decode(raw) // the header is JSON
		lint.Requires("trace_id", "public_key")(f, "trace", trace)
	}
}

// checkPairs reports items that are dropped because another is missing.
func (e Envelope) checkPairs(f *lint.List) {
	has := func(itemType string) bool {
		return slices.ContainsFunc(e.Items, func(i Item) bool { return i.Type == itemType })
	}
	for i, item := range e.Items {
		path := "items." + strconv.Itoa(i)
		switch {
		case item.Type == "replay_event" && !has("replay_recording") && !has("replay_video"):
			f.Add(lint.Fatal, path, RuleItem, lint.Absent{}, "a replay without recording is dropped")
		case item.Type == "profile" && !has(wire.ItemTransaction):
			f.Add(lint.Fatal, path, RuleItem, lint.Absent{}, "a profile without its transaction is dropped")
		}
	}
}

// Findings checks one item by its type: events, transactions, sessions,
// check-ins, logs, metrics, spans, feedback, user reports and client reports.
// Other types of the protocol have no findings, and unknown types are
// [RuleUnknownItem]. It is computed at each call.
func (i Item) Findings() []Finding { return i.findings(lint.Context{Envelope: true}) }

func (i Item) findings(about lint.Context) []Finding {
	switch i.Type {
	case wire.ItemEvent, wire.ItemTransaction:
		about.ItemType = i.Type
		return validateEvent(i.Payload, about)
	case wire.ItemSession, wire.ItemSessions:
		return readSessions(i, Envelope{})[0].Findings
	case wire.ItemCheckIn:
		return readCheckIn(i, Envelope{})[0].Findings
	case wire.ItemLog, wire.ItemMetric:
		return i.containerFindings()
	case wire.ItemFeedback, wire.ItemUserReport:
		return readFeedback(i, Envelope{})[0].Findings
	case wire.ItemClientReport:
		return readClientReport(i, Envelope{})[0].Findings
	case wire.ItemSpan:
		return sorted(lint.ReadPayload(i.Payload).Findings())
	}
	if knownItems[i.Type] {
		return nil
	}
	return []Finding{{SeverityInfo, "", RuleUnknownItem, strconv.Quote(i.Type), "servers that do not know the type drop the item"}}
}

func (i Item) containerFindings() []Finding {
	contentType := logContentType
	if i.Type == wire.ItemMetric {
		contentType = metricContentType
	}
	out := checkContainer(i, contentType)
	for _, entry := range lint.ReadContainer(i.Payload) {
		if i.Type == wire.ItemMetric {
			out = append(out, readMetric(entry, Request{}).Findings...)
		} else {
			out = append(out, readLog(entry, Request{}).Findings...)
		}
	}
	return sortFindings(out, 0)
}

// knownItems are the types of the protocol whose payloads are not checked.
var knownItems = map[string]bool{
	wire.ItemAttachment: true, "statsd": true, "metric_buckets": true, "replay_event": true, "replay_recording": true,
	"replay_video": true, "profile": true, "profile_chunk": true, "profile_chunk_ui": true, "security": true, "raw_security": true,
	"nel": true, "unreal_report": true, "form_data": true, "otel_span": true, "otel_log": true, "otel_traces_data": true,
}
