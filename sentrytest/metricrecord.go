package sentrytest

import (
	"encoding/json"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lint"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// Metric is one value of an application's metric: an entry of a "trace_metric" container. Items
// of the older types "statsd" and "metric_buckets" are in [Server.Envelopes] as they came.
type Metric struct {
	Timestamp  time.Time // UTC; zero when absent or unreadable
	TraceID    string
	SpanID     string // "" when absent
	Type       string // counter, gauge or distribution
	Name       string
	Value      float64
	Unit       string // "" when absent
	Attributes map[string]Attribute

	Findings []Finding       // what is wrong with it, the gravest first
	Raw      json.RawMessage // the entry; of a container that cannot be read, all of it
	Received Request         // zero for an envelope of ParseEnvelope
}

const metricContentType = "application/vnd.sentry.items.trace-metric+json"

// Metrics returns the entries of the envelope's containers of metrics, in their order. A container that cannot be read
// is a Metric with nothing but findings.
func (e Envelope) Metrics() []Metric { return readContainers(e, wire.ItemMetric, readMetric) }

func readMetric(p lint.Entry, received Request) Metric {
	if p.Broken {
		return Metric{Findings: sorted(p.Findings()), Raw: p.Raw, Received: received}
	}
	one := Metric{
		Timestamp: p.Time("timestamp"), TraceID: p.ID("trace_id", 32), SpanID: p.ID("span_id", 16),
		Type: p.Word("type", "counter", "gauge", "distribution"), Name: p.Text("name"), Unit: p.Text("unit"),
		Attributes: attributesOf(p.Payload), Raw: p.Raw, Received: received,
	}
	value, ok := jsontree.Number(p.Fields["value"])
	one.Value = value
	p.Needs("timestamp", "trace_id", "type", "name", "value")
	if !ok && p.Fields["value"] != nil {
		p.Lost("value", "expected a number")
	}
	one.Findings = sorted(p.Findings())
	return one
}
