package sentrytest

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lenient"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lint"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// CheckIn is a report about one run of a scheduled job.
type CheckIn struct {
	ID          string // 32 hexadecimal digits; all 0 for the latest check-in in progress
	MonitorSlug string
	Status      string         // in_progress, ok, error or another word
	Duration    *time.Duration // nil when absent
	Release     string
	Environment string
	TraceID     string         // "" when absent
	Monitor     *MonitorConfig // the settings of the job; nil when absent

	Findings []Finding       // what is wrong with the item, most severe first
	Raw      json.RawMessage // the payload of the item
	Received Request         // zero for an envelope of ParseEnvelope
}

// MonitorConfig says when a job runs and how its check-ins are judged. Absent
// numbers are 0.
type MonitorConfig struct {
	ScheduleType          string // crontab or interval
	ScheduleValue         string // the crontab, or the number of units
	ScheduleUnit          string // of an interval: year, month, week, day, hour or minute
	CheckinMargin         int    // minutes
	MaxRuntime            int    // minutes
	FailureIssueThreshold int
	RecoveryThreshold     int
	Timezone              string
	Owner                 string
}

// CheckIns returns the check-ins of the envelope in their order. An unreadable
// item is a CheckIn with findings only.
func (e Envelope) CheckIns() []CheckIn { return readItems(e, readCheckIn, wire.ItemCheckIn) }

func readCheckIn(item Item, e Envelope) []CheckIn {
	p := lint.ReadPayload(item.Payload)
	p.Strict = true
	one := CheckIn{
		ID: p.Text("check_in_id"), MonitorSlug: p.Text("monitor_slug"), Status: p.Usual("status", "in_progress", "ok", "error"),
		Duration: p.Duration("duration"), Release: p.Text("release"), Environment: p.Text("environment"),
		TraceID: p.Sub("contexts").Sub("trace").Text("trace_id"),
		Raw:     bytes.Clone(item.Payload), Received: e.Received.clone(),
	}
	p.Needs("check_in_id", "monitor_slug", "status")
	one.ID = normalizedID(p, "check_in_id", one.ID)
	p.UUID("contexts.trace.trace_id", one.TraceID)
	if m := p.Sub("monitor_config"); m.Fields != nil {
		one.Monitor = readMonitor(p, m)
	}
	one.Findings = sorted(p.Findings())
	return []CheckIn{one}
}

// normalizedID returns an id in the form of event ids. Without a valid one the
// server drops the item.
func normalizedID(p *lint.Payload, key, text string) string {
	id, ok := eventid.Normalize(text)
	if ok {
		return id
	}
	if text != "" {
		p.Lost(key, "not a UUID")
	}
	return text
}

func readMonitor(p *lint.Payload, m lenient.Object) *MonitorConfig {
	schedule := m.Sub("schedule")
	config := &MonitorConfig{
		ScheduleType: schedule.Text("type"), ScheduleValue: schedule.Scalar("value"), ScheduleUnit: schedule.Text("unit"),
		CheckinMargin: m.Count("checkin_margin"), MaxRuntime: m.Count("max_runtime"),
		FailureIssueThreshold: m.Count("failure_issue_threshold"), RecoveryThreshold: m.Count("recovery_threshold"),
		Timezone: m.Text("timezone"), Owner: m.Text("owner"),
	}
	const at = "monitor_config.schedule"
	p.Needs(at)
	switch config.ScheduleType {
	case "crontab":
		if config.ScheduleValue == "" {
			p.Lost(at+".value", "expected a crontab")
		}
	case "interval":
		if n, ok := jsontree.Number(schedule.Fields["value"]); !ok || n < 1 || n != float64(int64(n)) {
			p.Lost(at+".value", "expected a number of units")
		}
		switch config.ScheduleUnit {
		case "year", "month", "week", "day", "hour", "minute":
		default:
			p.Lost(at+".unit", "expected one of year, month, week, day, hour, minute")
		}
	default:
		p.Lost(at+".type", "expected crontab or interval")
	}
	return config
}
