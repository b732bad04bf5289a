package sentrytest_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// The limits of envelopes: for each row what is just allowed, and
// what is just too much. What is large stays off the wire: the server asks the
// same question.
func TestItemLimits(t *testing.T) {
	t.Parallel()
	const kib, mib = 1 << 10, 1 << 20
	item := func(itemType, attributes string, size int) string {
		return fmt.Sprintf("\n{\"type\":%q%s,\"length\":%d}\n%s", itemType, attributes, size, strings.Repeat("x", size))
	}
	const spans = `,"content_type":"application/vnd.sentry.items.span.v2+json"`
	cases := []struct {
		name, itemType      string
		allowed, notAllowed string // items
	}{
		{"security", "raw_security", item("security", "", mib), item("event", "", 0) + item("raw_security", "", 0)},
		{"replay event", "replay_event", item("replay_event", "", mib), item("replay_event", "", mib+1)},
		{"form data", "form_data", item("form_data", "", mib), item("form_data", "", mib+1)},
		{"feedback beside a replay", "feedback", item("feedback", "", 0), item("replay_event", "", 0) + item("feedback", "", 0)},
		{"attachments", "user_report", strings.Repeat(item("attachment", "", 0), 30), strings.Repeat(item("attachment", "", 0), 30) + item("user_report", "", 0)},
		{"sessions", "sessions", strings.Repeat(item("session", "", 0), 100), strings.Repeat(item("session", "", 0), 100) + item("sessions", "", 0)},
		{"bytes of sessions", "sessions", item("session", "", 5*mib) + item("sessions", "", 5*mib), item("session", "", 5*mib) + item("sessions", "", 5*mib+1)},
		{"client reports", "client_report", strings.Repeat(item("client_report", "", kib), 100), strings.Repeat(item("client_report", "", kib), 100) + item("client_report", "", 0)},
		{"check-ins", "check_in", item("check_in", "", 100*kib), item("check_in", "", 100*kib+1)},
		{"two check-ins", "check_in", item("check_in", "", 0), item("check_in", "", 0) + item("check_in", "", 0)},
		{"profiles", "profile", item("profile", "", 0), item("profile", "", 0) + item("profile", "", 0)},
		{"profile chunks", "profile_chunk_ui", item("profile_chunk", "", 0), item("profile_chunk", "", 0) + item("profile_chunk_ui", "", 0)},
		{"recordings", "replay_recording", item("replay_recording", "", 10*mib), item("replay_recording", "", 10*mib+1)},
		{"videos", "replay_video", item("replay_video", "", 10*mib), item("replay_video", "", 10*mib+1)},
		{"statsd", "statsd", item("statsd", "", mib) + item("metric_buckets", "", mib), item("statsd", "", mib+1)},
		{"metric buckets", "metric_buckets", item("metric_buckets", "", mib), item("metric_buckets", "", mib+1)},
		{"logs", "log", item("log", `,"item_count":1`, 2*mib), item("log", `,"item_count":1`, 2*mib+1)},
		{"many logs", "log", item("log", `,"item_count":6`, 12*mib), item("log", `,"item_count":9`, 12*mib+1)},
		{"two containers of logs", "log", item("log", "", 2), item("log", "", 2) + item("log", "", 2)},
		{"logs without a count", "log", item("log", "", 2*mib), item("log", "", 2*mib+1)},
		{"metrics", "trace_metric", item("trace_metric", `,"item_count":2`, 2*mib), item("trace_metric", `,"item_count":2`, 2*mib+2)},
		{"many metrics", "trace_metric", item("trace_metric", `,"item_count":12`, 12*mib), item("trace_metric", `,"item_count":99`, 12*mib+1)},
		{"spans", "span", strings.Repeat(item("span", "", 0), 25), strings.Repeat(item("span", "", 0), 26)},
		{"containers of spans", "span", item("span", spans, 10*mib), item("span", spans, 10*mib+1)},
		{"two containers of spans", "span", item("span", `,"item_count":2`, 12*mib) + item("span", "", 0), item("span", spans, 0) + item("span", spans, 0)},
		{"types without limits", "", item("made_up", "", 13*mib) + item("made_up", "", 0), ""},
	}
	srv := sentrytest.NewServer(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g := NewWithT(t)
			want := "envelope exceeded size limits for type '" + c.itemType + "' (https://develop.sentry.dev/sdk/envelopes/#size-limits)"
			g.Expect(overLimit("{}" + c.allowed)).To(BeEmpty())
			if c.notAllowed == "" {
				return
			}
			g.Expect(overLimit("{}" + c.notAllowed)).To(Equal(want))
			if len(c.notAllowed) > mib {
				return
			}
			srv.Clear()
			g.Expect(envelope(t, srv, "{}"+c.allowed).Status).To(Equal(200))
			r := envelope(t, srv, "{}"+c.notAllowed)
			g.Expect(r.Status).To(Equal(413))
			detail, _ := r.detail(t)
			g.Expect(detail).To(Equal(want))
			g.Expect(srv.Envelopes()).To(HaveLen(1))
		})
	}
}

// overLimit returns what the findings of an envelope say about its limits.
func overLimit(raw string) string {
	for _, f := range sentrytest.ValidateEnvelope([]byte(raw)) {
		if f.Rule == sentrytest.RuleSizeLimit && f.Path == "items" {
			return f.Message
		}
	}
	return ""
}
