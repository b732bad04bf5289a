package sentrytest_test

import (
	"encoding/json"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

const (
	logHeader    = `{"type":"log","item_count":1,"content_type":"application/vnd.sentry.items.log+json"}`
	metricHeader = `{"type":"trace_metric","item_count":1,"content_type":"application/vnd.sentry.items.trace-metric+json"}`
)

// What each type of item is checked for, a row for each rule: all findings of
// the item.
func TestItemFindings(t *testing.T) {
	t.Parallel()
	const dropped = ": missing: without it the server drops the item [item]"
	buckets := strings.TrimSuffix(strings.Repeat(`{"started":"2023-11-14T22:13:00Z","exited":1},`, 101), ",")
	cases := []struct {
		name, header, payload string
		want                  []string
	}{
		{"session", `{"type":"session"}`, `{}`, []string{"fatal: attrs.release" + dropped, "fatal: started" + dropped}},
		{"session with an error", `{"type":"session"}`, `{"started":"2023-11-14T22:13:20Z","status":"errored","attrs":{"release":"r"}}`, nil},
		{"session with an unhandled error", `{"type":"session"}`, `{"started":"2023-11-14T22:13:20Z","status":"unhandled","attrs":{"release":"r"}}`, nil},
		{"feedback of the Node SDK", `{"type":"feedback"}`, `{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","timestamp":1700000000,"platform":"node","type":"feedback","contexts":{"feedback":{"message":"hi"}}}`, nil},
		{"session status", `{"type":"session"}`, `{"started":"2023-11-14T22:13:20Z","status":"x","attrs":{"release":"r"}}`, []string{`info: status="x": expected one of ok, exited, crashed, abnormal, errored, unhandled [invalid_data]`}},
		{"session times", `{"type":"session"}`, `{"sid":"x","started":1,"timestamp":1.5,"attrs":{"release":"r"}}`, []string{
			`fatal: started=1: expected a timestamp as a text [item]`, `fatal: timestamp=1.5: expected a timestamp as a text [item]`, `fatal: sid="x": not a UUID [item]`,
		}},
		{"session values", `{"type":"session"}`, `{"started":"x","errors":-1,"duration":"x","init":1,"attrs":{"release":"r"}}`, []string{
			`fatal: init=1: expected a boolean [item]`, `fatal: started="x": expected a timestamp [item]`,
			`fatal: duration="x": expected a number of seconds [item]`, `fatal: errors=-1: expected a number not below 0 [item]`,
		}},
		{"sessions", `{"type":"sessions"}`, `{"attrs":{"release":"r"}}`, []string{"fatal: aggregates" + dropped}},
		{"bucket", `{"type":"sessions"}`, `{"aggregates":[{"started":"2023-11-14T22:13:20Z"},{}],"attrs":{"release":"r"}}`, []string{
			`fatal: aggregates.1.started: missing [item]`,
			`info: aggregates.0.started="2023-11-14T22:13:20Z": not rounded to the minute [invalid_data]`,
		}},
		{"buckets", `{"type":"sessions"}`, `{"aggregates":[` + buckets + `],"attrs":{"release":"r"}}`, []string{"101 buckets: no more than 100 are allowed [item]"}},
		{"check-in", `{"type":"check_in"}`, `{}`, []string{"fatal: check_in_id" + dropped, "fatal: monitor_slug" + dropped, "fatal: status" + dropped}},
		{
			"check-in values", `{"type":"check_in"}`, `{"check_in_id":"x","monitor_slug":"m","status":"fine"}`,
			[]string{`fatal: check_in_id="x": not a UUID [item]`, `info: status="fine": expected one of in_progress, ok, error [invalid_data]`},
		},
		{"crontab", `{"type":"check_in"}`, `{"check_in_id":"` + vectorID + `","monitor_slug":"m","status":"ok","monitor_config":{"schedule":{"type":"crontab"}}}`, []string{"fatal: monitor_config.schedule.value: expected a crontab [item]"}},
		{"schedule", `{"type":"check_in"}`, `{"check_in_id":"` + vectorID + `","monitor_slug":"m","status":"ok","monitor_config":{}}`, []string{"fatal: monitor_config.schedule" + dropped, "fatal: monitor_config.schedule.type: expected crontab or interval [item]"}},
		{
			"interval", `{"type":"check_in"}`, `{"check_in_id":"` + vectorID + `","monitor_slug":"m","status":"ok","monitor_config":{"schedule":{"type":"interval","value":"2","unit":"second"}}}`,
			[]string{`fatal: monitor_config.schedule.value="2": expected a number of units [item]`, `fatal: monitor_config.schedule.unit="second": expected one of year, month, week, day, hour, minute [item]`},
		},
		{"log", logHeader, `{"items":[{}]}`, []string{"fatal: items.0.timestamp" + dropped, "fatal: items.0.trace_id" + dropped, "fatal: items.0.level" + dropped, "fatal: items.0.body" + dropped}},
		{
			"log values", logHeader, `{"items":[{"timestamp":1,"trace_id":"x","level":"loud","body":"b","attributes":{"a":{"value":1.5,"type":"integer"},"b":{"value":[1],"type":"array"},"c":{"value":true,"type":"boolean"},"d":7}}]}`,
			[]string{
				`fatal: items.0.trace_id="x": expected 32 hexadecimal digits [item]`,
				`warning: items.0.attributes.a.value=1.5: expected a value of type "integer" [invalid_data]`, `warning: items.0.attributes.d=7: expected an object [invalid_data]`,
				`info: items.0.level="loud": expected one of trace, debug, info, warn, error, fatal [invalid_data]`,
			},
		},
		{"severity number", logHeader, `{"items":[{"timestamp":1,"trace_id":"` + traceID + `","level":"info","severity_number":13,"body":"b"}]}`, []string{"info: items.0.severity_number=13: not a number of level info [invalid_data]"}},
		{"container", logHeader, `{"items":{}}`, []string{`fatal: items={}: expected a list of entries [item]`}},
		{"entry", logHeader, `{"items":[7]}`, []string{"fatal: items.0=7: expected an object [json]"}},
		{"container header", `{"type":"log"}`, `{"items":[]}`, []string{
			"fatal: (whole): item_count is missing in the item's header [item]",
			`warning: (whole)="": the content_type of the item is application/vnd.sentry.items.log+json [invalid_data]`,
		}},
		{"item count", strings.Replace(logHeader, ":1,", ":2,", 1), `{"items":[]}`, []string{"warning: (whole)=2: item_count is not the number of entries, which is 0 [invalid_data]"}},
		{"metric", metricHeader, `{"items":[{"type":"sum","value":"x"}]}`, []string{
			`fatal: items.0.type="sum": expected one of counter, gauge, distribution [item]`, "fatal: items.0.timestamp" + dropped,
			"fatal: items.0.trace_id" + dropped, "fatal: items.0.name" + dropped, `fatal: items.0.value="x": expected a number [item]`,
		}},
		{"feedback", `{"type":"feedback"}`, `{"timestamp":1700000000,"platform":"go","contexts":{"feedback":{}}}`, []string{"fatal: contexts.feedback.message" + dropped}},
		{"user report", `{"type":"user_report"}`, `{"event_id":"x"}`, []string{`fatal: event_id="x": not a UUID [item]`, "info: (whole): deprecated: items of type feedback are its successor [deprecated]"}},
		{
			"client report", `{"type":"client_report"}`, `{"discarded_events":[{"reason":"bored","category":"errors","quantity":0}],"filtered_events":[]}`,
			[]string{
				`warning: discarded_events.0.reason="bored": not a reason that SDKs give [invalid_data]`, `warning: discarded_events.0.category="errors": not a data category [invalid_data]`,
				`warning: discarded_events.0.quantity=0: expected a number not below 1 [invalid_data]`, `warning: filtered_events=[]: only relays may send it [invalid_data]`,
			},
		},
		{"transaction", `{"type":"transaction"}`, `{"platform":"go","timestamp":1700000000,"start_timestamp":1700000000}`, []string{"fatal: contexts.trace: missing valid trace context [transaction]"}},
		{"span", `{"type":"span"}`, `[]`, []string{`fatal: (whole)="[]": expected an object, found array [json]`}},
		{"attachment", `{"type":"attachment"}`, `x`, nil},
		{"unknown", `{"type":"made_up"}`, `x`, []string{`info: (whole)="made_up": servers that do not know the type drop the item [unknown_item]`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			e, err := sentrytest.ParseEnvelope([]byte(itemLines(c.header, c.payload)))
			g.Expect(err).NotTo(HaveOccurred())
			found := tell(e.Items[0].Findings())
			g.Expect(found).To(HaveLen(len(c.want)), strings.Join(found, "\n"))
			for i, want := range c.want {
				g.Expect(found[i]).To(ContainSubstring(want))
			}
		})
	}
}

func TestValidateEnvelope(t *testing.T) {
	t.Parallel()
	event := `{"event_id":"00000000000040008000000000000001","timestamp":1700000000,"platform":"go"}`
	cases := map[string]struct {
		raw  string
		want []string
	}{
		"in order":           {itemLines(`{"type":"attachment"}`, "x"), nil},
		"malformed":          {"{} \n", []string{"fatal: (whole): sentrytest: missing newline after header or payload at byte 2 [envelope]"}},
		"no id":              {"{}\n" + `{"type":"event"}` + "\n" + event, []string{"warning: event_id: missing, and item event needs it: the server makes one up [missing_attribute]"}},
		"two ids":            {itemLines(`{"type":"event"}`, event), []string{`info: items.0.event_id="00000000000040008000000000000001": the envelope's event_id wins, which is ` + vectorID + ` [dropped]`}},
		"sent_at":            {`{"sent_at":"2023-11-14T22:13:20+01:00"}`, []string{`info: sent_at="2023-11-14T22:13:20+01:00": not in UTC: some servers ignore it [invalid_data]`}},
		"trace":              {`{"trace":{"trace_id":"x"}}`, []string{"warning: trace.public_key: missing: the protocol requires it [missing_attribute]"}},
		"replay":             {itemLines(`{"type":"replay_event"}`, "{}"), []string{"fatal: items.0: a replay without recording is dropped [item]"}},
		"replay in order":    {itemLines(`{"type":"replay_event"}`, "{}", `{"type":"replay_video"}`, ""), nil},
		"profile":            {itemLines(`{"type":"profile"}`, "{}"), []string{"fatal: items.0: a profile without its transaction is dropped [item]"}},
		"more than it holds": {itemLines(`{"type":"profile_chunk"}`, "{}", `{"type":"profile_chunk"}`, "{}"), []string{"fatal: items: envelope exceeded size limits for type 'profile_chunk' (https://develop.sentry.dev/sdk/envelopes/#size-limits) [size_limit]"}},
		"paths of the items": {itemLines(`{"type":"attachment"}`, "", `{"type":"session"}`, `{"started":"2023-11-14T22:13:20Z","status":"x","attrs":{"release":"r"}}`), []string{`info: items.1.status="x": expected one of ok, exited, crashed, abnormal, errored, unhandled [invalid_data]`}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			NewWithT(t).Expect(tell(sentrytest.ValidateEnvelope([]byte(c.raw)))).To(Equal(c.want))
		})
	}
}

func TestSeverity(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	raw, err := json.Marshal(sentrytest.Finding{Severity: sentrytest.SeverityWarning, Path: "level", Rule: sentrytest.RuleInvalidData, Value: `"x"`, Message: "expected a level"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(raw)).To(Equal(`{"severity":"warning","path":"level","rule":"invalid_data","value":"\"x\"","message":"expected a level"}`))
	var again sentrytest.Finding
	g.Expect(json.Unmarshal(raw, &again)).To(Succeed())
	g.Expect(again.Severity).To(Equal(sentrytest.SeverityWarning))
	g.Expect(again.Severity.UnmarshalText([]byte("loud"))).To(MatchError(`sentrytest: "loud" is no severity: it is one of info, warning, fatal`))
	g.Expect(sentrytest.Severity(9).String()).To(Equal("Severity(9)"))
}
