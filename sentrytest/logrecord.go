package sentrytest

import (
	"encoding/json"
	"time"
)

// Log is one log record (protocol section 4.5).
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
func (e Envelope) Logs() []Log { return readContainers(e, itemLog, readLog) }

func readLog(p containerEntry, received Request) Log {
	if p.broken {
		return Log{Findings: p.findings(), Raw: p.raw, Received: received}
	}
	one := Log{
		Timestamp: p.time("timestamp"), TraceID: p.id("trace_id", 32), SpanID: p.id("span_id", 16),
		Level: p.word("level", "trace", "debug", "info", "warn", "error", "fatal"), Body: p.text("body"),
		Attributes: p.attributes(), Raw: p.raw, Received: received,
	}
	one.SeverityNumber = p.count("severity_number")
	p.needs("timestamp", "trace_id", "level")
	if p.fields["body"] == nil {
		p.lost("body", "missing: without it the server drops the item")
	}
	// A level covers four numbers, as in OpenTelemetry.
	if n := severityNumbers[one.Level]; n > 0 && one.SeverityNumber > 0 && (one.SeverityNumber < n || one.SeverityNumber > n+3) {
		p.problem("severity_number", "not a number of level "+one.Level)
	}
	one.Findings = p.findings()
	return one
}
