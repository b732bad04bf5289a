package sentrytest

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/lint"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// ClientReport says what an SDK dropped itself.
type ClientReport struct {
	Timestamp time.Time // UTC; zero when absent or unreadable
	Discarded []Discarded

	Findings []Finding       // what is wrong with the item, most severe first
	Raw      json.RawMessage // the payload of the item
	Received Request         // zero for an envelope of ParseEnvelope
}

// Discarded counts what was dropped of one category for one reason.
type Discarded struct {
	Reason   string // for example queue_overflow or ratelimit_backoff
	Category string // for example error or transaction
	Quantity int
}

// discardReasons are the reasons that SDKs may give.
var discardReasons = []string{
	"queue_overflow", "cache_overflow", "buffer_overflow", "ratelimit_backoff", "network_error", "sample_rate", "before_send",
	"event_processor", "send_error", "internal_sdk_error", "insufficient_data", "backpressure",
}

// dataCategories are the categories of data in the protocol.
var dataCategories = []string{
	"default", "error", "transaction", "security", "attachment", "session", "profile", "replay", "transaction_processed",
	"transaction_indexed", "monitor", "profile_indexed", "span", "monitor_seat", "feedback", "user_report_v2", "metric_bucket",
	"span_indexed", "profile_duration", "profile_chunk", "replay_video", "uptime", "attachment_item", "log_item", "log_byte",
	"profile_duration_ui", "profile_chunk_ui", "trace_metric", "trace_metric_byte", "profile_backend", "profile_ui", "internal",
}

// ClientReports returns the client reports of the envelope in their order. An
// unreadable item is a ClientReport with findings only.
func (e Envelope) ClientReports() []ClientReport {
	return readItems(e, readClientReport, wire.ItemClientReport)
}

func readClientReport(item Item, e Envelope) []ClientReport {
	p := lint.ReadPayload(item.Payload)
	one := ClientReport{Timestamp: p.Time("timestamp"), Raw: bytes.Clone(item.Payload), Received: e.Received.clone()}
	for _, d := range p.Values("discarded_events") {
		lost := Discarded{Reason: d.Text("reason"), Category: d.Text("category"), Quantity: d.Count("quantity")}
		if !slices.Contains(discardReasons, lost.Reason) {
			d.Note("reason", "not a reason that SDKs give")
		}
		if !slices.Contains(dataCategories, lost.Category) {
			d.Note("category", "not a data category")
		}
		if lost.Quantity < 1 {
			d.Note("quantity", "expected a number not below 1")
		}
		one.Discarded = append(one.Discarded, lost)
	}
	for _, key := range []string{"rate_limited_events", "filtered_events", "filtered_sampling_events"} {
		if p.Fields[key] != nil {
			p.Note(key, "only relays may send it")
		}
	}
	one.Findings = sorted(p.Findings())
	return []ClientReport{one}
}
