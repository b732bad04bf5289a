package sentrytest

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// CheckIn is a sign of life of a job that runs on a schedule (protocol section 4.5).
type CheckIn struct {
	ID          string // 32 hexadecimal digits; all 0 for the latest check-in that is in progress
	MonitorSlug string
	Status      string         // in_progress, ok or error
	Duration    *time.Duration // nil when absent
	Release     string
	Environment string
	TraceID     string         // "" when absent
	Monitor     *MonitorConfig // what the job should be; nil when absent

	Findings []Finding       // what is wrong with the item, the gravest first
	Raw      json.RawMessage // the payload of the item
	Received Request         // zero for an envelope of ParseEnvelope
}

// MonitorConfig says when a job runs and what is made of its check-ins. Absent numbers are 0.
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

// CheckIns returns the check-ins of the envelope in their order. An item that cannot be read is a CheckIn with nothing
// but findings.
func (e Envelope) CheckIns() []CheckIn {
	var out []CheckIn
	for _, item := range e.Items {
		if item.Type != itemCheckIn {
			continue
		}
		one := readCheckIn(item)
		one.Raw, one.Received = bytes.Clone(item.Payload), e.Received.clone()
		out = append(out, one)
	}
	return out
}

func readCheckIn(item Item) CheckIn {
	p := readPayload(item.Payload)
	one := CheckIn{
		ID: p.text("check_in_id"), MonitorSlug: p.text("monitor_slug"), Status: p.word("status", "in_progress", "ok", "error"),
		Duration: p.duration("duration"), Release: p.text("release"), Environment: p.text("environment"),
		TraceID: p.sub("contexts").sub("trace").text("trace_id"),
	}
	p.needs("check_in_id", "monitor_slug", "status")
	if id, ok := eventid.Normalize(one.ID); ok {
		one.ID = id
	} else if one.ID != "" {
		p.lost("check_in_id", "not a UUID")
	}
	if m := p.sub("monitor_config"); m.fields != nil {
		one.Monitor = readMonitor(p, m)
	}
	one.Findings = p.findings()
	return one
}

func readMonitor(p *payload, m object) *MonitorConfig {
	schedule := m.sub("schedule")
	config := &MonitorConfig{
		ScheduleType: schedule.text("type"), ScheduleValue: schedule.text("value"), ScheduleUnit: schedule.text("unit"),
		CheckinMargin: m.count("checkin_margin"), MaxRuntime: m.count("max_runtime"),
		FailureIssueThreshold: m.count("failure_issue_threshold"), RecoveryThreshold: m.count("recovery_threshold"),
		Timezone: m.text("timezone"), Owner: m.text("owner"),
	}
	const at = "monitor_config.schedule"
	p.needs(at)
	switch config.ScheduleType {
	case "crontab":
		if config.ScheduleValue == "" {
			p.lost(at+".value", "expected a crontab")
		}
	case "interval":
		if n, ok := jsontree.Number(schedule.fields["value"]); !ok || n < 1 {
			p.lost(at+".value", "expected a number of units")
		}
		switch config.ScheduleUnit {
		case "year", "month", "week", "day", "hour", "minute":
		default:
			p.lost(at+".unit", "expected one of year, month, week, day, hour, minute")
		}
	default:
		p.lost(at+".type", "expected crontab or interval")
	}
	return config
}
