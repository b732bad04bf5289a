package sentrytest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// itemLines writes the items of an envelope: each is a header without length
// and a payload of one line.
func itemLines(lines ...string) string {
	return `{"event_id":"` + vectorID + `"}` + "\n" + strings.Join(lines, "\n")
}

// tell returns the findings as text.
func tell(found []sentrytest.Finding) []string {
	var out []string
	for _, f := range found {
		out = append(out, f.String())
	}
	return out
}

const traceID = "4c79f60c11214eb38604f4ae0781bfb2"

var at2023 = time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)

// Everything that one envelope can carry beside events, in the forms of the
// protocol.
func TestTypedViews(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	r := envelope(t, srv, itemLines(
		`{"type":"session"}`, `{"sid":"7c7b6585f9014351bf8d02711b721929","did":"u","seq":3,"init":true,"started":"2023-11-14T22:13:20Z","timestamp":"2023-11-14T22:13:20.5Z","duration":1.5,"status":"ok","errors":2,"attrs":{"release":"app@1.0.0","environment":"prod","ip_address":"1.2.3.4","user_agent":"ua"}}`,
		`{"type":"sessions"}`, `{"aggregates":[{"started":"2023-11-14T22:13:00Z","exited":3,"crashed":1},{"started":"2023-11-14T22:14:00Z","did":"u","errored":2,"abnormal":1}],"attrs":{"release":"r"}}`,
		`{"type":"check_in"}`, `{"check_in_id":"83a7c03e-d0a0-4e1b-97e2-e3b18d38f244","monitor_slug":"nightly","status":"ok","duration":1.5,"release":"r","environment":"prod","contexts":{"trace":{"trace_id":"`+traceID+`"}},"monitor_config":{"schedule":{"type":"interval","value":2,"unit":"hour"},"checkin_margin":5,"max_runtime":30,"failure_issue_threshold":2,"recovery_threshold":1,"timezone":"UTC","owner":"team:ops"}}`,
		`{"type":"log","item_count":2,"content_type":"application/vnd.sentry.items.log+json"}`, `{"items":[{"timestamp":1700000000,"trace_id":"`+traceID+`","level":"info","severity_number":9,"body":"hi","attributes":{"k":{"value":1,"type":"integer"}}},{"timestamp":1700000000,"trace_id":"`+traceID+`","span_id":"00f067aa0ba902b7","level":"warn","body":""}]}`,
		`{"type":"trace_metric","item_count":1,"content_type":"application/vnd.sentry.items.trace-metric+json"}`, `{"version":2,"items":[{"timestamp":1700000000,"trace_id":"`+traceID+`","type":"counter","name":"jobs","value":2,"unit":"none","attributes":{}}]}`,
		`{"type":"user_report"}`, `{"event_id":"FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0","name":"n","email":"e@x","comments":"it broke"}`,
		`{"type":"client_report"}`, `{"timestamp":1700000000,"discarded_events":[{"reason":"queue_overflow","category":"error","quantity":3}]}`,
		`{"type":"attachment","filename":"a.txt","content_type":"text/plain"}`, `line`,
		`{"type":"attachment","attachment_type":"event.view_hierarchy"}`, `{}`,
		`{"type":"transaction"}`, `{"type":"transaction","transaction":"GET /"}`,
	))
	g.Expect(r.Status).To(Equal(200), r.Body)
	received := srv.Envelopes()[0].Received
	seconds := func(n float64) *time.Duration { d := time.Duration(n * 1e9); return &d }

	sessions := srv.Sessions()
	g.Expect(sessions).To(HaveLen(3))
	g.Expect(sessions[0].Raw).NotTo(BeEmpty())
	for i := range sessions {
		g.Expect(sessions[i].Received).To(Equal(received))
		sessions[i].Raw, sessions[i].Received = nil, sentrytest.Request{}
	}
	g.Expect(sessions).To(Equal([]sentrytest.Session{
		{
			ID: "7c7b6585f9014351bf8d02711b721929", DistinctID: "u", Sequence: 3, Init: true, Started: at2023, Timestamp: at2023.Add(time.Second / 2),
			Duration: seconds(1.5), Status: "ok", Errors: 2, Release: "app@1.0.0", Environment: "prod", IPAddress: "1.2.3.4", UserAgent: "ua",
		},
		{Started: at2023.Add(-20 * time.Second), Release: "r", Aggregate: &sentrytest.SessionCounts{Exited: 3, Crashed: 1}},
		{Started: at2023.Add(40 * time.Second), DistinctID: "u", Release: "r", Aggregate: &sentrytest.SessionCounts{Errored: 2, Abnormal: 1}},
	}))

	checkIn := srv.CheckIns()[0]
	checkIn.Raw, checkIn.Received = nil, sentrytest.Request{}
	g.Expect(checkIn).To(Equal(sentrytest.CheckIn{
		ID: "83a7c03ed0a04e1b97e2e3b18d38f244", MonitorSlug: "nightly", Status: "ok", Duration: seconds(1.5), Release: "r", Environment: "prod", TraceID: traceID,
		Monitor: &sentrytest.MonitorConfig{
			ScheduleType: "interval", ScheduleValue: "2", ScheduleUnit: "hour", CheckinMargin: 5, MaxRuntime: 30,
			FailureIssueThreshold: 2, RecoveryThreshold: 1, Timezone: "UTC", Owner: "team:ops",
		},
	}))

	logs := srv.Logs()
	g.Expect(string(logs[1].Raw)).To(Equal(`{"timestamp":1700000000,"trace_id":"` + traceID + `","span_id":"00f067aa0ba902b7","level":"warn","body":""}`))
	for i := range logs {
		logs[i].Raw, logs[i].Received = nil, sentrytest.Request{}
	}
	g.Expect(logs).To(Equal([]sentrytest.Log{
		{Timestamp: at2023, TraceID: traceID, Level: "info", SeverityNumber: 9, Body: "hi", Attributes: map[string]sentrytest.Attribute{"k": {Value: 1.0, Type: "integer"}}},
		{Timestamp: at2023, TraceID: traceID, SpanID: "00f067aa0ba902b7", Level: "warn"},
	}))

	metric := srv.Metrics()[0]
	metric.Raw, metric.Received = nil, sentrytest.Request{}
	g.Expect(metric).To(Equal(sentrytest.Metric{Timestamp: at2023, TraceID: traceID, Type: "counter", Name: "jobs", Value: 2, Unit: "none"}))

	report := srv.Feedback()[0]
	g.Expect(report.Received).To(Equal(received))
	g.Expect([]string{report.ItemType, report.Message, report.ContactEmail, report.Name, report.AssociatedEventID}).
		To(Equal([]string{"user_report", "it broke", "e@x", "n", vectorID}))

	lost := srv.ClientReports()[0]
	g.Expect(lost.Timestamp).To(Equal(at2023))
	g.Expect(lost.Discarded).To(Equal([]sentrytest.Discarded{{Reason: "queue_overflow", Category: "error", Quantity: 3}}))
	g.Expect(lost.Findings).To(BeEmpty())

	g.Expect(srv.Attachments()).To(Equal([]sentrytest.Attachment{
		{Filename: "a.txt", ContentType: "text/plain", Type: "event.attachment", Data: "line", EventID: vectorID, Received: received},
		{Type: "event.view_hierarchy", Data: "{}", EventID: vectorID, Received: received},
	}))
	g.Expect(srv.Transactions()).To(HaveLen(1))
	g.Expect(srv.Transactions()[0].Transaction).To(Equal("GET /"))
	g.Expect(srv.Transactions()[0].Attachments).To(HaveLen(2))
	g.Expect(srv.Events()).To(BeEmpty())

	srv.Clear()
	g.Expect(srv.Sessions()).To(BeEmpty())
	g.Expect(srv.Transactions()).To(BeEmpty())
}

func TestFeedback(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	envelope(t, srv, itemLines(`{"type":"feedback"}`, `{"timestamp":1700000000,"platform":"javascript","level":"info","contexts":{"feedback":{"message":"m","contact_email":"e@x","name":"n","url":"u","associated_event_id":"`+vectorID+`","replay_id":"r","source":"widget"}}}`))
	f := srv.Feedback()[0]
	g.Expect(tell(f.Findings)).To(BeEmpty())
	f.Raw, f.Received = nil, sentrytest.Request{}
	g.Expect(f).To(Equal(sentrytest.Feedback{
		ItemType: "feedback", EventID: vectorID, Message: "m", Name: "n", ContactEmail: "e@x", URL: "u", ReplayID: "r", Source: "widget",
		AssociatedEventID: vectorID,
	}))
}

// An event has the attachments of its envelope, and its copies share nothing
// that can be changed.
func TestAttachmentsOfAnEvent(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	envelope(t, srv, itemLines(`{"type":"attachment","filename":"a"}`, `x`, `{"type":"event"}`, `{"message":"with"}`))
	store(t, srv, message("without"))
	e := sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("with"))
	g.Expect(e.Attachments).To(Equal([]sentrytest.Attachment{{Filename: "a", Type: "event.attachment", Data: "x", EventID: vectorID}}))
	e.Attachments[0].Filename = "changed"
	g.Expect(srv.Events()[0].Attachments[0].Filename).To(Equal("a"))
	g.Expect(srv.Events()[1].Attachments).To(BeEmpty())
}

func TestTransactionsOfTheStoreEndpoint(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	store(t, srv, `{"type":"transaction","transaction":"job","start_timestamp":1700000000,"timestamp":1700000001,"transaction_info":{"source":"task"},"measurements":{"fp":{"value":1}},
		"spans":[{"span_id":"s","trace_id":"t","parent_span_id":"p","op":"db","description":"select","status":"ok","origin":"auto","start_timestamp":1700000000,"timestamp":1700000001,"tags":{"a":1},"data":{"k":1}}]}`)
	g.Expect(srv.Events()).To(BeEmpty())
	got := srv.Transactions()[0]
	g.Expect(got.StartTimestamp).To(Equal(at2023))
	g.Expect(got.TransactionSource).To(Equal("task"))
	g.Expect(got.Measurements).To(HaveKey("fp"))
	g.Expect(got.Spans).To(Equal([]sentrytest.Span{{
		SpanID: "s", TraceID: "t", ParentSpanID: "p", Op: "db", Description: "select", Status: "ok", Origin: "auto",
		StartTimestamp: at2023, Timestamp: at2023.Add(time.Second), Tags: map[string]string{"a": "1"}, Data: map[string]any{"k": 1.0},
	}}))
}

// What cannot be read is there with a finding, and says what it was.
func TestUnreadableItems(t *testing.T) {
	t.Parallel()
	const nonsense = `fatal: (whole)="nonsense": invalid character 'o' in literal null (expecting 'u') [json]`
	for itemType, found := range map[string]func(e sentrytest.Envelope) ([]sentrytest.Finding, string){
		"session": func(e sentrytest.Envelope) ([]sentrytest.Finding, string) {
			return e.Sessions()[0].Findings, string(e.Sessions()[0].Raw)
		},
		"sessions": func(e sentrytest.Envelope) ([]sentrytest.Finding, string) {
			return e.Sessions()[0].Findings, string(e.Sessions()[0].Raw)
		},
		"check_in": func(e sentrytest.Envelope) ([]sentrytest.Finding, string) {
			return e.CheckIns()[0].Findings, string(e.CheckIns()[0].Raw)
		},
		"log": func(e sentrytest.Envelope) ([]sentrytest.Finding, string) {
			return e.Logs()[0].Findings, string(e.Logs()[0].Raw)
		},
		"trace_metric": func(e sentrytest.Envelope) ([]sentrytest.Finding, string) {
			return e.Metrics()[0].Findings, string(e.Metrics()[0].Raw)
		},
		"feedback": func(e sentrytest.Envelope) ([]sentrytest.Finding, string) {
			return e.Feedback()[0].Findings, string(e.Feedback()[0].Raw)
		},
		"user_report": func(e sentrytest.Envelope) ([]sentrytest.Finding, string) {
			return e.Feedback()[0].Findings, string(e.Feedback()[0].Raw)
		},
		"client_report": func(e sentrytest.Envelope) ([]sentrytest.Finding, string) {
			return e.ClientReports()[0].Findings, string(e.ClientReports()[0].Raw)
		},
	} {
		t.Run(itemType, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			e, err := sentrytest.ParseEnvelope([]byte(itemLines(fmt.Sprintf(`{"type":%q}`, itemType), "nonsense")))
			g.Expect(err).NotTo(HaveOccurred())
			list, raw := found(e)
			g.Expect(tell(list)[0]).To(Equal(nonsense))
			g.Expect(raw).To(Equal("nonsense"))
			g.Expect(tell(e.Items[0].Findings())).To(ContainElement(nonsense))
		})
	}
}

func TestEventsOfAnEnvelope(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	e, err := sentrytest.ParseEnvelope([]byte(itemLines(
		`{"type":"event"}`, `{"event_id":"00000000000040008000000000000001","message":"a"}`, `{"type":"event"}`, `7`,
		`{"type":"transaction"}`, `{"transaction":"t"}`, `{"type":"attachment"}`, `x`,
	)))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(e.Events()).To(HaveLen(1))
	got := e.Events()[0]
	g.Expect(got.Message).To(Equal("a"))
	g.Expect(got.EventID).To(Equal(vectorID))
	g.Expect(got.Attachments).To(HaveLen(1))
	g.Expect(e.Transactions()[0].Type).To(Equal("transaction"))
	g.Expect(tell(e.Transactions()[0].Findings())).To(ContainElement("fatal: contexts.trace: missing valid trace context [transaction]"))

	e, err = sentrytest.ParseEnvelope([]byte("{}\n" + `{"type":"event"}` + "\n" + vectorJSON))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(e.Events()[0].EventID).To(Equal(vectorID))
}

// A transaction need not say what it is where its item does.
func TestTransactionWithoutType(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	envelope(t, srv, itemLines(`{"type":"transaction"}`, `{"transaction":"t"}`))
	g.Expect(srv.Transactions()[0].Type).To(Equal("transaction"))
	g.Expect(srv.Transactions()[0].Findings()[0].Severity).To(Equal(sentrytest.SeverityFatal))
}
