package sentrytest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lint"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// readContainers reads the entries of all containers of a type, in their order.
func readContainers[T any](e Envelope, itemType string, read func(lint.Entry, Request) T) []T {
	var out []T
	for _, item := range e.ItemsOfType(itemType) {
		for _, one := range lint.ReadContainer(item.Payload) {
			out = append(out, read(one, e.Received.clone()))
		}
	}
	return out
}

// checkContainer compares the header of a container with its contents.
func checkContainer(item Item, contentType string) []Finding {
	f := &lint.List{}
	if _, ok := item.Header["item_count"]; !ok {
		f.Add(lint.Fatal, "", RuleItem, lint.Absent{}, "item_count is missing in the item's header")
	} else if n, ok := lint.Entries(item.Payload); ok && n != item.ItemCount {
		f.Add(lint.Warning, "", RuleInvalidData, item.ItemCount, "item_count is not the number of entries, which is %d", n)
	}
	if item.ContentType != contentType {
		f.Add(lint.Warning, "", RuleInvalidData, item.ContentType, "the content_type of the item is %s", contentType)
	}
	return sorted(f)
}

// Attribute is a typed value of a log or metric.
type Attribute struct {
	Value any    // a JSON value
	Type  string // string, boolean, integer, double or array
	Unit  string // "" when absent
}

// attributesOf reads the attributes of a log or metric. A value of the wrong
// type costs only its attribute.
func attributesOf(p *lint.Payload) map[string]Attribute {
	all := p.Sub("attributes")
	var out map[string]Attribute
	for _, name := range texts.SortedKeys(all.Fields) {
		if all.Fields[name] == nil {
			continue
		}
		one := all.Sub(name)
		a := Attribute{Value: one.Fields["value"], Type: one.Text("type"), Unit: one.Text("unit")}
		if one.Fields != nil && !a.typed() {
			one.Note("value", fmt.Sprintf("expected a value of type %q, found %s", a.Type, jsontree.Show(a.Value)))
		}
		if out == nil {
			out = map[string]Attribute{}
		}
		out[name] = a
	}
	return out
}

func (a Attribute) typed() bool {
	switch a.Value.(type) {
	case nil:
		return true
	case string:
		return a.Type == "string"
	case bool:
		return a.Type == "boolean"
	case []any:
		return a.Type == "array" || len(a.Type) > 2 && a.Type[len(a.Type)-2:] == "[]"
	}
	n, ok := jsontree.Number(a.Value)
	return ok && (a.Type == "double" || a.Type == "integer" && n == float64(int64(n)))
}

// Log is one log record.
type Log struct {
	Timestamp      time.Time // UTC; zero when absent or unreadable
	TraceID        string
	SpanID         string // "" when absent
	Level          string // trace, debug, info, warn, error, fatal or another word
	SeverityNumber int    // 0 when absent
	Body           string
	Attributes     map[string]Attribute

	Findings []Finding       // what is wrong with it, most severe first
	Raw      json.RawMessage // the record, or the whole of an unreadable container
	Received Request         // zero for an envelope of ParseEnvelope
}

const logContentType = "application/vnd.sentry.items.log+json"

// severityNumbers are the numbers that the levels of logs stand for.
var severityNumbers = map[string]int{"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}

// Logs returns the log records of the envelope's containers, in their order. An
// unreadable container is a Log with findings only.
func (e Envelope) Logs() []Log { return readContainers(e, wire.ItemLog, readLog) }

func readLog(p lint.Entry, received Request) Log {
	if p.Broken {
		return Log{Findings: sorted(p.Findings()), Raw: p.Raw, Received: received}
	}
	one := Log{
		Timestamp: p.Time("timestamp"), TraceID: p.ID("trace_id", 32), SpanID: p.ID("span_id", 16),
		Level:      p.Usual("level", "trace", "debug", "info", "warn", "error", "fatal"),
		Attributes: attributesOf(p.Payload), Raw: p.Raw, Received: received,
	}
	one.SeverityNumber = p.Count("severity_number")
	p.Needs("timestamp", "trace_id", "level")
	body, isText := p.Fields["body"].(string)
	one.Body = body
	if p.Fields["body"] == nil {
		p.Lost("body", "missing: without it the server drops the item")
	} else if !isText {
		p.Lost("body", "expected a string")
	}
	// A level covers four numbers, as in OpenTelemetry.
	if n := severityNumbers[one.Level]; n > 0 && one.SeverityNumber > 0 && (one.SeverityNumber < n || one.SeverityNumber > n+3) {
		p.Advise("severity_number", "not a number of level %s", one.Level)
	}
	one.Findings = sorted(p.Findings())
	return one
}

// Metric is one value of an application's metric: an entry of a "trace_metric"
// container. Items of the older types "statsd" and "metric_buckets" are in
// [Server.Envelopes] as they came.
type Metric struct {
	Timestamp  time.Time // UTC; zero when absent or unreadable
	TraceID    string
	SpanID     string // "" when absent
	Type       string // counter, gauge or distribution
	Name       string
	Value      float64
	Unit       string // "" when absent
	Attributes map[string]Attribute

	Findings []Finding       // what is wrong with it, most severe first
	Raw      json.RawMessage // the entry, or the whole of an unreadable container
	Received Request         // zero for an envelope of ParseEnvelope
}

const metricContentType = "application/vnd.sentry.items.trace-metric+json"

// Metrics returns the entries of the envelope's containers of metrics, in their
// order. An unreadable container is a Metric with findings only.
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
