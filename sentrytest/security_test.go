package sentrytest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

const securityPath = "/api/1/security/?sentry_key=a&sentry_environment=prod&sentry_release=1.0"

func TestSecurityReports(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, contentType, body string
		events                  []string // type and message of each
		page                    string
	}{
		{
			name: "CSP", contentType: "application/csp-report; charset=utf-8",
			body:   `{"csp-report":{"document-uri":"https://a.example/p","blocked-uri":"https://evil.example/x.js","effective-directive":"script-src"}}`,
			events: []string{"csp: Blocked https://evil.example/x.js by script-src"}, page: "https://a.example/p",
		},
		{
			name: "HPKP", contentType: "application/json",
			body:   `{"hostname":"a.example","port":443,"known-pins":["pin-sha256=\"x\""]}`,
			events: []string{"hpkp: Public key pinning failed for a.example"},
		},
		{
			name: "Expect-CT", contentType: "application/expect-ct-report+json",
			body:   `{"expect-ct-report":{"hostname":"a.example"}}`,
			events: []string{"expectct: Expect-CT failed for a.example"},
		},
		{
			name: "Expect-Staple", contentType: "application/expect-staple-report",
			body:   `{"expect-staple-report":{"hostname":"a.example"}}`,
			events: []string{"expectstaple: Expect-Staple failed for a.example"},
		},
		{
			name: "Reporting API", contentType: "application/reports+json",
			body:   `[{"type":"csp-violation","body":{"documentURL":"https://a.example/","blockedURL":"inline"}},{"type":"csp-violation","body":{}}]`,
			events: []string{"csp: Blocked inline by the content security policy", "csp: Blocked a resource by the content security policy"},
			page:   "https://a.example/",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			r := send(t, srv, http.MethodPost, securityPath, c.body, "Content-Type: "+c.contentType, "User-Agent: browser/1")
			g.Expect(r.Status).To(Equal(200))
			g.Expect(r.Body).To(BeEmpty())
			var got []string
			for _, e := range srv.Events() {
				got = append(got, e.Type+": "+e.Message)
				g.Expect(e.Environment).To(Equal("prod"))
				g.Expect(e.Release).To(Equal("1.0"))
				g.Expect(e.Request.Headers.Get("User-Agent")).To(Equal("browser/1"))
				g.Expect(e.EventID).To(HaveLen(32))
				g.Expect(e.Received.Decoded).To(Equal(c.body))
				g.Expect(e.Received.Protocol).To(Equal("security"))
				g.Expect(e.Received.AuthSource).To(Equal(sentrytest.AuthSourceQuery))
			}
			g.Expect(got).To(Equal(c.events))
			g.Expect(srv.Events()[0].Request.URL).To(Equal(c.page))
		})
	}
}

// The report's own attributes are kept as they were sent.
func TestSecurityReportAttributes(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	send(t, srv, http.MethodPost, securityPath, `{"csp-report":{"blocked-uri":"x","line-number":7}}`, "Content-Type: application/csp-report")
	e := sentrytest.RequireEvent(t, srv, sentrytest.HasJSON("csp.line-number", 7))
	g.Expect(e.Report).To(Equal(map[string]any{"blocked-uri": "x", "line-number": 7.0}))
}

// Browsers batch reports of all kinds, and every report of a list stands for
// itself.
func TestSecurityReportsBesideBrokenOnes(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	report := `{"type":"csp-violation","body":{"blockedURL":"%s"}}`
	body := "[" + strings.Join([]string{
		`{"type":"deprecation","body":{"id":"x"}}`, fmt.Sprintf(report, "first"), `7`, fmt.Sprintf(report, "second"), `null`,
	}, ",") + "]"
	r := send(t, srv, http.MethodPost, securityPath, body, "Content-Type: application/reports+json")
	g.Expect(r.Status).To(Equal(200))
	g.Expect(srv.Events()).To(HaveExactElements(HaveField("Message", HavePrefix("Blocked first")), HaveField("Message", HavePrefix("Blocked second"))))
	g.Expect(srv.Rejected()).To(HaveExactElements(And(
		HaveField("Status", 200),
		HaveField("Reason", "accepted, then dropped: security report is invalid"),
		HaveField("Causes", HaveExactElements(HavePrefix("report 1: expected one of csp-report"), "report 3: expected an object, found 7", "report 5: expected an object, found null")),
	)))
	srv.Clear()
	send(t, srv, http.MethodPost, securityPath, "[7"+strings.Repeat(",7", 1000)+"]", "Content-Type: application/reports+json")
	g.Expect(srv.Rejected()[0].Causes).To(HaveLen(10))
}

// An event that is made of a report is one level deeper than it, which must not
// make it unreadable.
func TestSecurityReportsThatAreTooDeep(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	report := func(levels int) string {
		return `{"known-pins":` + strings.Repeat("[", levels) + strings.Repeat("]", levels) + `}`
	}
	send(t, srv, http.MethodPost, securityPath, report(9_999), "Content-Type: application/json")
	g.Expect(srv.Events()).To(BeEmpty())
	g.Expect(srv.Rejected()).To(HaveExactElements(HaveField("Causes", HaveExactElements(HaveSuffix("exceeded max depth")))))
	send(t, srv, http.MethodPost, securityPath, report(9_998), "Content-Type: application/json")
	g.Expect(srv.Events()).To(HaveExactElements(And(HaveField("Type", "hpkp"), HaveField("Problems", BeEmpty()))))
}

func TestSecurityRefusals(t *testing.T) {
	t.Parallel()
	const csp = "application/csp-report"
	cases := []struct {
		name, query, contentType, body string
		status                         int
		reason                         string
	}{
		{"no auth", "", csp, `{"csp-report":{}}`, 401, "missing authorization information"},
		{"empty", "?sentry_key=a", csp, "", 400, "empty request body"},
		{"media type", "?sentry_key=a", "text/html", `{"csp-report":{}}`, 415, "unsupported media type"},
		{"no media type", "?sentry_key=a", "", `{"csp-report":{}}`, 415, "unsupported media type"},
		{"too large", "?sentry_key=a", csp, strings.Repeat(" ", sentrytest.MaxEventSize+1), 413, "envelope exceeded size limits for type 'raw_security' (https://develop.sentry.dev/sdk/envelopes/#size-limits)"},
		{"no report", "?sentry_key=a", csp, `{"csp-report":7}`, 200, "accepted, then dropped: security report is invalid"},
		{"not JSON", "?sentry_key=a", csp, `nonsense`, 200, "accepted, then dropped: security report is invalid"},
		{"list of nothing", "?sentry_key=a", csp, `[]`, 200, "accepted, then dropped: security report is invalid"},
		{"list of no reports", "?sentry_key=a", csp, `[7]`, 200, "accepted, then dropped: security report is invalid"},
	}
	srv := sentrytest.NewServer(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g := NewWithT(t)
			srv.Clear()
			r := send(t, srv, http.MethodPost, "/api/1/security/"+c.query, c.body, "Content-Type: "+c.contentType)
			g.Expect(r.Status).To(Equal(c.status))
			g.Expect(srv.Rejected()).To(HaveLen(1))
			g.Expect(srv.Rejected()[0].Reason).To(Equal(c.reason))
			g.Expect(srv.Events()).To(BeEmpty())
		})
	}
	NewWithT(t).Expect(send(t, srv, http.MethodGet, securityPath, "").Status).To(Equal(405))
}
