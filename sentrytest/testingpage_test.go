package sentrytest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// pageTable returns the rows of the table on docs/testing.md whose heading
// begins with a cell.
func pageTable(t *testing.T, heading string) [][]string {
	t.Helper()
	g := NewWithT(t)
	page, err := os.ReadFile("../docs/testing.md")
	g.Expect(err).NotTo(HaveOccurred())
	_, table, found := strings.Cut(string(page), "\n| "+heading+" |")
	g.Expect(found).To(BeTrue(), "the page has no table of %s", heading)
	table, _, _ = strings.Cut(table, "\n\n")
	var rows [][]string
	for _, line := range strings.Split(table, "\n")[2:] {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(cell)
		}
		rows = append(rows, cells)
	}
	return rows
}

var inBackticks = regexp.MustCompile("`([^`]+)`")

func backticked(cell string) (names []string) {
	for _, m := range inBackticks.FindAllStringSubmatch(cell, -1) {
		names = append(names, m[1])
	}
	return names
}

// Each endpoint in the page's table takes what the table says, and what it
// calls not supported is answered with 404 and listed.
func TestEndpointsOnTheTestingPage(t *testing.T) {
	t.Parallel()
	post := func(t *testing.T, srv *sentrytest.Server, path, body string, headers ...string) int {
		return send(t, srv, http.MethodPost, path, body, append(headers, authLine)...).Status
	}
	takes := map[string]func(t *testing.T, g *WithT, srv *sentrytest.Server){
		"`store/`, POST and GET, and `/api/store/`": func(t *testing.T, g *WithT, srv *sentrytest.Server) {
			g.Expect(post(t, srv, storePath, vectorJSON)).To(Equal(200))
			g.Expect(post(t, srv, storePath, vectorBase64)).To(Equal(200))
			g.Expect(post(t, srv, "/api/store/", vectorJSON)).To(Equal(200))
			g.Expect(send(t, srv, http.MethodGet, storePath+"?sentry_key=a&sentry_data="+url.QueryEscape(vectorJSON), "").Status).To(Equal(200))
			g.Expect(srv.Events()).To(HaveLen(4))
		},
		"`envelope/`": func(t *testing.T, g *WithT, srv *sentrytest.Server) {
			g.Expect(post(t, srv, envelopePath, itemLines(`{"type":"event"}`, vectorJSON))).To(Equal(200))
			g.Expect(post(t, srv, envelopePath, "nonsense")).To(Equal(400))
			g.Expect(post(t, srv, envelopePath, itemLines(`{"type":"client_report"}`, strings.Repeat("x", 200<<10)))).To(Equal(413))
			g.Expect(srv.Events()).To(HaveLen(1))
		},
		"`security/`": func(t *testing.T, g *WithT, srv *sentrytest.Server) {
			g.Expect(send(t, srv, http.MethodPost, securityPath, `{"csp-report":{"document-uri":"https://a.example/"}}`, "Content-Type: application/csp-report").Status).To(Equal(200))
			g.Expect(srv.Events()).To(HaveLen(1))
		},
		"`minidump/`": func(t *testing.T, g *WithT, srv *sentrytest.Server) {
			body, contentType := uploadForm(t, [2]string{"upload_file_minidump=crash.dmp", "MDMP\x00data"})
			g.Expect(post(t, srv, "/api/1/minidump/", body, contentType)).To(Equal(200))
			g.Expect(srv.Events()[0].Attachments).To(HaveLen(1))
		},
		"`/stream`": func(t *testing.T, g *WithT, srv *sentrytest.Server) {
			g.Expect(post(t, srv, "/stream", itemLines(`{"type":"event"}`, vectorJSON))).To(Equal(404), "only with Spotlight")
			with := sentrytest.NewServer(t, sentrytest.Spotlight())
			g.Expect(send(t, with, http.MethodPost, "/stream", itemLines(`{"type":"event"}`, vectorJSON)).Status).To(Equal(200))
		},
	}
	for _, row := range pageTable(t, "endpoint") {
		t.Run(row[0], func(t *testing.T) {
			t.Parallel()
			g, srv := NewWithT(t), sentrytest.NewServer(t)
			if !strings.Contains(row[1], "not supported") {
				g.Expect(takes).To(HaveKey(row[0]))
				takes[row[0]](t, g, srv)
				return
			}
			var paths []string
			for _, name := range backticked(row[0]) {
				paths = append(paths, "/api/1/"+name)
			}
			for i, path := range append(paths, "/api/0/projects/", "/api/0/organizations/o/issues/") {
				g.Expect(post(t, srv, path, vectorJSON)).To(Equal(404), path)
				g.Expect(srv.Rejected()).To(HaveLen(i+1), path)
			}
			g.Expect(srv.Events()).To(BeEmpty())
		})
	}
}

// pageItems are items of the types that the page's table has.
var pageItems = map[string]struct{ payload, broken string }{
	"event":         {vectorJSON, `{"level":"loud"}`},
	"transaction":   {`{"type":"transaction","transaction":"GET /","start_timestamp":1700000000,"timestamp":1700000001,"contexts":{"trace":{"trace_id":"` + traceID + `","span_id":"00f067aa0ba902b7"}},"spans":[]}`, `{"platform":"go"}`},
	"session":       {`{"started":"2023-11-14T22:13:20Z","status":"ok","attrs":{"release":"r"}}`, `{}`},
	"sessions":      {`{"aggregates":[{"started":"2023-11-14T22:13:00Z","exited":1}],"attrs":{"release":"r"}}`, `{"attrs":{}}`},
	"check_in":      {`{"check_in_id":"` + vectorID + `","monitor_slug":"m","status":"ok"}`, `{}`},
	"log":           {`{"items":[{"timestamp":1,"trace_id":"` + traceID + `","level":"info","body":"b"}]}`, `{"items":[{}]}`},
	"trace_metric":  {`{"version":2,"items":[{"timestamp":1,"trace_id":"` + traceID + `","type":"counter","name":"n","value":2}]}`, `{"items":[{}]}`},
	"feedback":      {`{"timestamp":1,"platform":"go","contexts":{"feedback":{"message":"m"}}}`, `{"contexts":{"feedback":{}}}`},
	"user_report":   {`{"event_id":"` + vectorID + `","comments":"c"}`, `{"event_id":"x"}`},
	"client_report": {`{"timestamp":1,"discarded_events":[]}`, `{"discarded_events":[{"reason":"bored"}]}`},
	"attachment":    {"text", "\x00"},
	"span":          {`{"made":"up"}`, `[]`},

	"replay_event":     {"{}", ""},
	"replay_recording": {"{}", ""},
	"replay_video":     {"x", ""},
	"profile":          {"{}", ""},
	"profile_chunk":    {"{}", ""},
	"statsd":           {"x", ""},
	"metric_buckets":   {"[]", ""},
	"any_other":        {"x", ""},
}

// pageViews are the views that the table names, by how many things they show.
var pageViews = map[string]func(*sentrytest.Server) int{
	"srv.Events()":        func(s *sentrytest.Server) int { return len(s.Events()) },
	"srv.Transactions()":  func(s *sentrytest.Server) int { return len(s.Transactions()) },
	"srv.Sessions()":      func(s *sentrytest.Server) int { return len(s.Sessions()) },
	"srv.CheckIns()":      func(s *sentrytest.Server) int { return len(s.CheckIns()) },
	"srv.Logs()":          func(s *sentrytest.Server) int { return len(s.Logs()) },
	"srv.Metrics()":       func(s *sentrytest.Server) int { return len(s.Metrics()) },
	"srv.Feedback()":      func(s *sentrytest.Server) int { return len(s.Feedback()) },
	"srv.ClientReports()": func(s *sentrytest.Server) int { return len(s.ClientReports()) },
	"srv.Attachments()":   func(s *sentrytest.Server) int { return len(s.Attachments()) },
}

func headerOf(itemType string) string {
	switch itemType {
	case "log":
		return logHeader
	case "trace_metric":
		return metricHeader
	}
	return fmt.Sprintf(`{"type":%q}`, itemType)
}

// Each item is in the views that the page's table names and in no other, and is
// looked into as the table says.
func TestItemsOnTheTestingPage(t *testing.T) {
	t.Parallel()
	for _, row := range pageTable(t, "item") {
		types := backticked(row[0])
		if strings.Contains(row[0], "replays, profiles") {
			types = append(types, "replay_event", "replay_recording", "replay_video", "profile", "profile_chunk")
		}
		if row[0] == "any other" {
			types = []string{"any_other"}
		}
		if len(types) == 0 {
			t.Errorf("the test does not know what the row %q is about", row[0])
		}
		seen := make(map[string]bool) // views of the row in which an item was
		for _, itemType := range types {
			t.Run(itemType, func(t *testing.T) {
				g, srv := NewWithT(t), sentrytest.NewServer(t)
				sample, known := pageItems[itemType]
				g.Expect(known).To(BeTrue(), "the test has no item of type %s", itemType)
				g.Expect(envelope(t, srv, itemLines(headerOf(itemType), sample.payload)).Status).To(Equal(200))
				for view, count := range pageViews {
					if count(srv) > 0 {
						g.Expect(row[1]).To(ContainSubstring(view), "%s is in %s", itemType, view)
						seen[view] = true
					}
				}
				g.Expect(srv.Envelopes()[0].Items[0].Type).To(Equal(itemType))
				_, broken := findingsOf(g, itemType, sample.broken)
				switch row[2] {
				case "yes":
					worst, _ := findingsOf(g, itemType, sample.payload)
					g.Expect(worst).NotTo(Equal(sentrytest.SeverityFatal), "an item that is in order")
					g.Expect(broken).NotTo(BeEmpty(), "a broken item")
				case "that it is a JSON object":
					g.Expect(broken).NotTo(BeEmpty())
					_, found := findingsOf(g, itemType, sample.payload)
					g.Expect(found).To(BeEmpty())
				case "–":
					g.Expect(broken).To(BeEmpty())
				case "size, number, and what has to go together": // TestLimits and TestValidateEnvelope
				default:
					t.Errorf("the test does not know what %q means", row[2])
				}
			})
		}
		for _, name := range backticked(row[1]) {
			if _, isView := pageViews[name]; isView && !seen[name] {
				t.Errorf("no item of %s is in %s", row[0], name)
			}
		}
	}
}

func findingsOf(g *WithT, itemType, payload string) (worst sentrytest.Severity, found []string) {
	e, err := sentrytest.ParseEnvelope([]byte(itemLines(headerOf(itemType), payload)))
	g.Expect(err).NotTo(HaveOccurred())
	for _, f := range e.Items[0].Findings() {
		if f.Rule != "unknown_item" {
			worst, found = max(worst, f.Severity), append(found, f.String())
		}
	}
	return worst, found
}
