package sentrytest

import (
	"encoding/json"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/lint"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// Log is one log record.
type Log struct {
	Timestamp      time.Time // UTC; zero when absent or unreadable
	TraceID        string
	SpanID         string // "" when absent
	Level          string // trace, debug, info, warn, error or fatal
	SeverityNumber int    // 0 when absent
	Body           string
	Attributes     map[string]Attribute

	Findings []Finding       // what is wrong with it, the gravest first
	Raw      json.RawMessage // the record; of a container that cannot be read, all of it
	Received Request         // zero for an envelope of ParseEnvelope
}

const logContentType = "application/vnd.sentry.items.log+json"

// severityNumbers are the numbers that the levels of logs stand for.
var severityNumbers = map[string]int{"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}

// Logs returns the log records of the envelope's containers, in their order. A container that cannot be read is a Log
// with nothing but findings.
func (e Envelope) Logs() []Log { return readContainers(e, wire.ItemLog, readLog) }

func readLog(p lint.Entry, received Request) Log {
	if p.Broken {
		return Log{Findings: sorted(p.Findings()), Raw: p.Raw, Received: received}
	}
	one := Log{
		Timestamp: p.Time("timestamp"), TraceID: p.ID("trace_id", 32), SpanID: p.ID("span_id", 16),
		Level: p.Word("level", "trace", "debug", "info", "warn", "error", "fatal"), Body: p.Text("body"),
		Attributes: attributesOf(p.Payload), Raw: p.Raw, Received: received,
	}
	one.SeverityNumber = p.Count("severity_number")
	p.Needs("timestamp", "trace_id", "level")
	if p.Fields["body"] == nil {
		p.Lost("body", "missing: without it the server drops the item")
	}
	// A level covers four numbers, as in OpenTelemetry.
	if n := severityNumbers[one.Level]; n > 0 && one.SeverityNumber > 0 && (one.SeverityNumber < n || one.SeverityNumber > n+3) {
		p.Note("severity_number", "not a number of level "+one.Level)
	}
	one.Findings = sorted(p.Findings())
	return one
}
