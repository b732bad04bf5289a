package page_test

import (
	"bufio"
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// link returns the address of the first link whose text begins with text.
func link(body, text string) string {
	before, _, _ := strings.Cut(body, ">"+text)
	_, rest, _ := strings.Cut(before[strings.LastIndex(before, "<a "):], `href="`)
	address, _, _ := strings.Cut(rest, `"`)
	return html.UnescapeString(address)
}

func TestEmptyList(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := newSite(t)
	body := html.UnescapeString(s.get("/").body)
	g.Expect(body).To(ContainSubstring("Nothing has arrived yet"))
	g.Expect(body).To(ContainSubstring("http://key@example.com/1"))
	g.Expect(body).To(ContainSubstring("https://key@localhost:8443/1"))
	for _, want := range []string{`raven.New("http://key@example.com/1")`, "sentry-go", `sentry_sdk.init(dsn="http://key@example.com/1")`, "@sentry/node", `sentry::init("http`, `options.setDsn("http`} {
		g.Expect(body).To(ContainSubstring(want))
		g.Expect(html.UnescapeString(s.get("/setup").body)).To(ContainSubstring(want))
	}
	s.add(`{"message":"m"}`)
	g.Expect(s.get("/").body).To(ContainSubstring("<b>1</b> request<"))
	s.post("/clear", own, nil)
	g.Expect(s.get("/").body).To(And(
		ContainSubstring("No events here."), ContainSubstring("<b>0</b> events"), ContainSubstring("<b>0</b> requests"),
	), "the head does not count deleted events")
	g.Expect(s.get("/?q=absent").body).To(ContainSubstring("No event matches."))
}

func TestASearchThatIsCutShort(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.add(`{"message":"m"}`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, path := range []string{"/", "/events/2"} {
		a := s.do(httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil))
		NewWithT(t).Expect(a.status).To(Equal(503), path)
		NewWithT(t).Expect(a.body).To(ContainSubstring("The search failed: context canceled"), path)
	}
}

// Clicking a facet filters the list; clicking again removes the filter.
func TestFacets(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := newSite(t)
	for i := range 9 {
		s.add(fmt.Sprintf(`{"message":"m%d","level":"%s","release":"shop %d","environment":"a \\ \"b\""}`, i, []string{"error", "info", "info"}[i%3], i))
	}
	body := s.get("/").body
	g.Expect(body).To(ContainSubstring("9 events"))
	g.Expect(body).To(ContainSubstring(`<li class="muted">3 more</li>`), "six of nine releases are shown")
	narrow := link(body, "<span>info</span>")
	g.Expect(narrow).To(Equal("/?q=level%3Ainfo"))
	body = s.get(narrow).body
	g.Expect(body).To(ContainSubstring("6 events that match<"))
	g.Expect(link(body, "<span>info</span>")).To(Equal("/"))
	one := link(body, "<span>shop 8</span>")
	body = s.get(one).body
	g.Expect(body).To(ContainSubstring("1 event that matches<"))
	g.Expect(link(body, "<span>shop 8</span>")).To(Equal("/?q=level%3Ainfo"))
	quoted := s.get(link(body, "<span>a \\ &#34;b&#34;</span>"))
	g.Expect(quoted.body).To(ContainSubstring("1 event that matches<"))
}

func TestPaging(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := newSite(t)
	for i := range 101 {
		s.add(fmt.Sprintf(`{"message":"m%d"}`, i))
	}
	first := s.get("/?q=m").body
	g.Expect(strings.Count(first, "data-row=")).To(Equal(100))
	g.Expect(first).To(ContainSubstring(" data-live"))
	second := s.get(link(first, "Older")).body
	g.Expect(strings.Count(second, "data-row=")).To(Equal(1))
	g.Expect(second).To(ContainSubstring(">m0</a>"))
	g.Expect(second).NotTo(ContainSubstring(" data-live"), "older pages do not change")
	g.Expect(link(second, "Newest")).To(Equal("/?q=m"))
	g.Expect(s.get("/?before=nonsense").status).To(Equal(200))
	groups := s.get("/?group=1").body
	g.Expect(strings.Count(groups, "data-row=")).To(Equal(100))
	g.Expect(strings.Count(s.get(link(groups, "Older")).body, "data-row=")).To(Equal(1))
	requests := s.get("/requests").body
	g.Expect(strings.Count(requests, "data-row=")).To(Equal(100))
	rest := s.get(link(requests, "Older")).body
	g.Expect(strings.Count(rest, "data-row=")).To(Equal(1))
	g.Expect(link(rest, "Newest")).To(Equal("/requests"))
}

func TestGroups(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := newSite(t)
	for _, order := range []string{"1", "2", "3"} {
		s.add(`{"logentry":{"message":"order %s failed","params":["` + order + `"],"formatted":"order ` + order + ` failed"}}`)
	}
	s.add(`{"message":"other"}`)
	body := s.get("/?group=1&q=level:error").body
	g.Expect(strings.Count(body, "data-row=")).To(Equal(2))
	g.Expect(body).To(ContainSubstring("<b>3</b> events"))
	g.Expect(body).To(ContainSubstring("grouped by the template of its message"))
	_, results, _ := strings.Cut(body, `id="results"`)
	g.Expect(link(results, "Events</a>")).To(Equal("/?q=level%3Aerror"))
	all := s.get(link(body, "order 3 failed")).body
	g.Expect(all).To(ContainSubstring("3 events that match<"))
}

func TestQueryProblem(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	a := newSite(t).get("/?q=colour:red")
	g.Expect(a.status).To(Equal(422))
	g.Expect(html.UnescapeString(a.body)).To(ContainSubstring(`query "colour:red": colour:red: there is no field "colour": use one of level, title,`))
	g.Expect(a.body).To(ContainSubstring(`value="colour:red"`))
}

// Every page counts refusals, faults and losses; the requests page lists them.
func TestRequests(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := newSite(t)
	s.add(`{"message":"m"}`, `{"type":"client_report"}`, `{"discarded_events":[{"reason":"queue_overflow","category":"error","quantity":1200}]}`)
	s.add(`{"message":"m"}`)
	for _, a := range []*sentrytest.Arrival{
		{Request: sentrytest.Request{Time: noon, Path: "/api/1/envelope/", Body: "nonsense\xff", Connection: 3, Header: http.Header{"X-A": {"b"}}, Answer: sentrytest.Answer{Status: 400, Body: "{}"}}, Rejection: &sentrytest.Rejection{Status: 400, Reason: "bad envelope", Causes: []string{"no header"}}},
		{Request: sentrytest.Request{Time: noon, Path: "/api/1/envelope/", TLS: true, Answer: sentrytest.Answer{Status: 0, Step: "Hang()"}}},
	} {
		g.Expect(s.store.Add(t.Context(), a)).To(Succeed())
	}
	body := html.UnescapeString(s.get("/requests").body)
	g.Expect(body).To(ContainSubstring("<b>1</b> refused"))
	g.Expect(body).To(ContainSubstring("<b>1\u202f200</b> lost by clients"))
	g.Expect(body).To(ContainSubstring("<td>queue_overflow</td><td>error</td>"))
	g.Expect(body).To(ContainSubstring("client_report, event"))
	g.Expect(body).To(ContainSubstring("+1.00 s"), "since the previous request of the same client")
	refused := s.get("/requests?show=refused").body
	g.Expect(strings.Count(refused, "data-row=")).To(Equal(1))
	g.Expect(refused).To(ContainSubstring("bad envelope: no header"))
	faulted := s.get("/requests?show=faulted").body
	g.Expect(strings.Count(faulted, "data-row=")).To(Equal(1))
	g.Expect(faulted).To(ContainSubstring("fault: Hang()"))
	one := s.get(link(refused, "<time")).body
	g.Expect(one).To(ContainSubstring("Empty, or not text."))
	g.Expect(one).To(ContainSubstring("X-A"))
	g.Expect(s.get(link(faulted, "<time")).body).To(ContainSubstring("Answered by the fault <code>Hang()</code>"))
}

// The stream reports each change, except those that the page has already.
func TestLiveStream(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := newSite(t)
	n := s.add(`{"message":"m"}`)
	web := httptest.NewServer(s.pages)
	defer web.Close()
	listen := func(after int64) *bufio.Scanner {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s/live?after=%d", web.URL, after), nil)
		g.Expect(err).NotTo(HaveOccurred())
		resp, err := web.Client().Do(req)
		g.Expect(err).NotTo(HaveOccurred())
		t.Cleanup(func() { _ = resp.Body.Close() })
		g.Expect(resp.Header.Get("Content-Type")).To(Equal("text/event-stream"))
		lines := bufio.NewScanner(resp.Body)
		g.Expect(lines.Scan()).To(BeTrue())
		g.Expect(lines.Text()).To(Equal(": live"))
		g.Expect(lines.Scan()).To(BeTrue())
		return lines
	}
	late := listen(n - 1)
	g.Expect(late.Scan()).To(BeTrue())
	g.Expect(late.Text()).To(Equal(fmt.Sprintf("data: %d", n)), "a change before the stream began")

	news := listen(n)
	n = s.add(`{"message":"m"}`)
	g.Expect(news.Scan()).To(BeTrue())
	g.Expect(news.Text()).To(Equal(fmt.Sprintf("data: %d", n)))
	g.Expect(news.Scan()).To(BeTrue())
	s.post("/clear", own, url.Values{})
	g.Expect(news.Scan()).To(BeTrue())
	g.Expect(news.Text()).To(Equal(fmt.Sprintf("data: %d", n)), "a deletion is a change too")
	s.end()
	for news.Scan() {
		g.Expect(news.Text()).To(BeEmpty(), "the stream ends with the server")
	}
}
