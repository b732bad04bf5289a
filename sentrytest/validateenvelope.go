package sentrytest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// ValidateEnvelope looks at an envelope as a real server does: its grammar, its header, the limits of protocol section
// 2.4, and every item as [Item.Findings] has it, below "items.0" and so on. It returns what it finds, the gravest
// first.
func ValidateEnvelope(raw []byte) []Finding {
	e, err := ParseEnvelope(raw)
	if err != nil {
		f := &findings{}
		f.add(SeverityFatal, "", RuleEnvelope, absent{}, "%s", err)
		return f.list
	}
	return e.Findings()
}

// Findings is [ValidateEnvelope] of the envelope. Times of events in an envelope that a server received are compared
// with the time of its arrival. It is computed at each call.
func (e Envelope) Findings() []Finding {
	f := &findings{}
	if r := checkLimits(e.Items); r != nil {
		f.add(SeverityFatal, "items", RuleSizeLimit, absent{}, "%s", r.detail)
	}
	if e.Raw != nil {
		e.checkHeader(f)
	}
	e.checkPairs(f)
	about := contextOf(e.Received)
	about.envelope = true
	for i, item := range e.Items {
		f.list = append(f.list, below("items."+strconv.Itoa(i), item.findings(about))...)
	}
	return f.sorted()
}

// sentAtForm is what Bugsink takes; Relay takes more.
var sentAtForm = regexp.MustCompile(`^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|\+00:00)"$`)

func (e Envelope) checkHeader(f *findings) {
	for i, item := range e.Items {
		if !createsEvent[item.Type] {
			continue
		}
		if e.Header["event_id"] == nil {
			f.add(SeverityWarning, "event_id", RuleMissingAttribute, absent{}, "missing, and item %s needs it: the server makes one up", item.Type)
			break
		}
		if item.Type != itemEvent && item.Type != itemTransaction {
			continue
		}
		object, _ := jsontree.ParseObject(item.Payload) // without members if it is no object
		if own, err := eventIDOf(object.Member("event_id")); err == nil && own != "" && own != e.EventID {
			f.add(SeverityInfo, fmt.Sprintf("items.%d.event_id", i), RuleDropped, own, "the envelope's event_id wins, which is %s", e.EventID)
		}
	}
	if raw := e.Header["sent_at"]; raw != nil && string(raw) != "null" && !sentAtForm.Match(raw) {
		f.add(SeverityInfo, "sent_at", RuleInvalidData, raw, "not in UTC: some servers ignore it")
	}
	if raw := e.Header["trace"]; len(raw) > 0 && string(raw) != "null" {
		trace, _ := jsontree.Decode(raw) // the header is JSON
		requires("trace_id", "public_key")(f, "trace", trace)
	}
}

// checkPairs reports items that are dropped because another is missing.
func (e Envelope) checkPairs(f *findings) {
	has := func(itemType string) bool {
		return slices.ContainsFunc(e.Items, func(i Item) bool { return i.Type == itemType })
	}
	for i, item := range e.Items {
		path := "items." + strconv.Itoa(i)
		switch {
		case item.Type == "replay_event" && !has("replay_recording") && !has("replay_video"):
			f.add(SeverityFatal, path, RuleItem, absent{}, "a replay without recording is dropped")
		case item.Type == "profile" && !has(itemTransaction):
			f.add(SeverityFatal, path, RuleItem, absent{}, "a profile without its transaction is dropped")
		}
	}
}

// Findings looks at one item as a real server does, by its type: what the protocol states for events, transactions,
// sessions, check-ins, logs, metrics, spans, feedback, user reports and client reports. Other types of protocol section
// 4.5 have none, and types that are not in it are [RuleUnknownItem]. It is computed at each call.
func (i Item) Findings() []Finding { return i.findings(eventContext{envelope: true}) }

func (i Item) findings(about eventContext) []Finding {
	switch i.Type {
	case itemEvent, itemTransaction:
		about.itemType = i.Type
		return validateEvent(i.Payload, about)
	case itemSession:
		return readSession(i).Findings
	case itemSessions:
		return readSessions(i)[0].Findings
	case itemCheckIn:
		return readCheckIn(i).Findings
	case itemLog, itemMetric:
		return i.containerFindings()
	case itemFeedback:
		return readFeedback(i).Findings
	case itemUserReport:
		return readUserReport(i).Findings
	case itemClientReport:
		return readClientReport(i).Findings
	case itemSpan:
		return readPayload(i.Payload).findings()
	}
	if knownItems[i.Type] {
		return nil
	}
	return []Finding{{SeverityInfo, "", RuleUnknownItem, strconv.Quote(i.Type), "servers that do not know the type drop the item"}}
}

func (i Item) containerFindings() []Finding {
	contentType := logContentType
	if i.Type == itemMetric {
		contentType = metricContentType
	}
	out := checkContainer(i, contentType)
	for _, entry := range readContainer(i) {
		if i.Type == itemMetric {
			out = append(out, readMetric(entry, Request{}).Findings...)
		} else {
			out = append(out, readLog(entry, Request{}).Findings...)
		}
	}
	return sortFindings(out, 0)
}

// knownItems are the types of protocol section 4.5 whose payloads nobody looks into.
var knownItems = map[string]bool{
	itemAttachment: true, "statsd": true, "metric_buckets": true, "replay_event": true, "replay_recording": true,
	"replay_video": true, "profile": true, "profile_chunk": true, "profile_chunk_ui": true, "security": true, "raw_security": true,
	"nel": true, "unreal_report": true, "form_data": true, "otel_span": true, "otel_log": true, "otel_traces_data": true,
}
