package api_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// rich is an event with every field that is converted.
const rich = `{"event_id":"aaaabbbbccccddddeeeeffff00001111","level":"fatal","platform":"go","logger":"shop","release":"shop@1","environment":"test",
	"server_name":"web-1","dist":"7","transaction":"GET /","timestamp":"2026-03-01T12:00:00Z","fingerprint":["a","b"],"modules":{"m":"v1"},
	"logentry":{"message":"order %d","params":[17],"formatted":"order 17"},"tags":{"shard":7},"extra":{"cents":1250},"contexts":{"os":{"name":"linux"}},
	"user":{"id":"42","email":"ann@example.com","data":{"plan":"gold"},"geo":{"city":"Wien"}},"sdk":{"name":"raven.go","version":"0.1.0"},
	"request":{"url":"http://shop.test/","method":"POST","query_string":"a=b","data":{"x":1},"headers":{"Accept":"*/*"},"cookies":"c=d","env":{"E":"1"}},
	"exception":{"values":[{"type":"PaymentError","value":"declined","module":"shop","mechanism":{"type":"generic","handled":false,"exception_id":0,"data":{"k":"v"}},
		"stacktrace":{"frames":[{"function":"pay","module":"shop","filename":"pay.go","lineno":12,"in_app":true,"context_line":"x","pre_context":["w"],"post_context":["y"],"vars":{"n":1}}]}}]},
	"threads":{"values":[{"id":1,"name":"main","current":true}]},"breadcrumbs":{"values":[{"timestamp":1772366400,"category":"http","message":"GET","level":"info","data":{"code":200}}]},
	"unknown":1,"stacktrace":5}`

func TestEventsThroughTheClient(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	c := client(t, h)
	for _, text := range []string{"one", "two", "three"} {
		store(t, h, "k", message(text))
	}
	id := store(t, h, "other", rich)

	page, err := c.Events(t.Context(), wire.Filter{Limit: 2, Tenant: "k"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(page.Total).To(Equal(3))
	g.Expect(page.Events).To(HaveExactElements(HaveField("Title", "three"), HaveField("Title", "two")))
	var titles []string
	for e, err := range c.AllEvents(t.Context(), wire.Filter{Limit: 2, Query: "-title:two"}) {
		g.Expect(err).NotTo(HaveOccurred())
		titles = append(titles, e.Title)
	}
	g.Expect(titles).To(Equal([]string{"PaymentError: declined", "three", "one"}))

	d, err := c.Event(t.Context(), id)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(d.Culprit).To(Equal("GET /"))
	g.Expect(d.SDK).To(Equal(wire.SDK{Name: "raven.go", Version: "0.1.0"}))
	g.Expect(d.Timestamp.UTC()).To(Equal(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)))
	contents := d.Contents
	g.Expect(contents.LogEntry.Formatted).To(Equal("order 17"))
	g.Expect(contents.Tags).To(Equal(map[string]string{"shard": "7"}))
	g.Expect(contents.User).To(And(HaveKeyWithValue("email", "ann@example.com"), HaveKey("geo"), HaveKey("data")))
	g.Expect(contents.Exception.Values[0].Stacktrace.Frames[0]).To(And(HaveField("Function", "pay"), HaveField("Lineno", 12), HaveField("ContextLine", "x")))
	g.Expect(contents.Exception.Values[0].Mechanism).To(And(HaveKeyWithValue("handled", false), HaveKey("exception_id"), HaveKey("data")))
	g.Expect(contents.Threads.Values[0].Current).To(BeTrue())
	g.Expect(contents.Breadcrumbs.Values[0].Message).To(Equal("GET"))
	g.Expect(contents.Request.Cookies).To(Equal(map[string]string{"c": "d"}))
	g.Expect(d.Problems).To(ContainElement(HaveField("Path", "stacktrace")))
	g.Expect(d.Grouping.Why).To(ContainSubstring("fingerprint"))
	g.Expect(d.Group).To(MatchRegexp("^[0-9a-f]{32}$"))
	g.Expect(d.Findings).To(ContainElement(And(HaveField("Path", "unknown"), HaveField("Severity", "warning"), HaveField("Message", Not(BeEmpty())))))
	raw, err := c.RawEvent(t.Context(), id)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(raw)).To(Equal(rich), "raw is the event as sent, byte by byte")

	g.Expect(c.DeleteEvent(t.Context(), id)).To(Succeed())
	_, err = c.Event(t.Context(), id)
	g.Expect(wire.IsNotFound(err)).To(BeTrue())
	g.Expect(err).To(MatchError(`fakesentryclient: GET ` + h.URL() + `/api/v1/events/` + id + `: 404: there is no event "` + id + `", or it was deleted`))
	g.Expect(c.DeleteEvents(t.Context(), wire.Filter{Query: "title:t*"})).To(Equal(2))
	g.Expect(c.DeleteEvents(t.Context(), wire.Filter{})).To(Equal(1))
}

func TestEnvelopesAndAttachments(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	c := client(t, h)
	enclosed(t, h, "k")
	do(t, h, http.MethodPost, "/api/1/store/?sentry_key=k", "nonsense")

	d, err := c.Event(t.Context(), envelopeID)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(d.Attachments).To(Equal([]wire.Attachment{{Index: 1, Filename: "page.html", ContentType: "text/html", Type: "event.attachment", Size: 25}}))
	g.Expect(c.Attachment(t.Context(), envelopeID, 1)).To(Equal([]byte("<script>alert(1)</script>")))
	_, err = c.Attachment(t.Context(), envelopeID, 0)
	g.Expect(wire.IsNotFound(err)).To(BeTrue(), "the event is not an attachment")
	g.Expect(err).To(MatchError(HaveSuffix(`there is no attachment "0"; the event has 1 (page.html)`)))
	file := get(t, h, "/api/v1/events/"+envelopeID+"/attachments/1")
	g.Expect(file.header.Get("Content-Type")).To(Equal("application/octet-stream"), "browsers must not run it")
	g.Expect(file.header.Get("Content-Disposition")).To(Equal("attachment; filename=page.html"))
	g.Expect(file.header.Get("Content-Security-Policy")).To(Equal("default-src 'none'; sandbox"))
	g.Expect(get(t, h, "/api/v1/events/"+envelopeID+"/raw?download=1").header.Get("Content-Disposition")).To(Equal("attachment; filename=" + envelopeID + ".json"))

	r, err := c.Request(t.Context(), d.Request)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(r.Items).To(HaveExactElements(HaveField("Type", "event"), HaveField("Filename", "page.html")))
	g.Expect(r.Events).To(Equal([]string{envelopeID}))
	e, err := c.Envelope(t.Context(), d.Request)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(e.Header["event_id"])).To(Equal(`"` + envelopeID + `"`))
	g.Expect(string(e.Items[1].Payload)).To(Equal("<script>alert(1)</script>"))
	body, err := c.RequestBody(t.Context(), d.Request)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(body)).To(HavePrefix(`{"event_id"`))

	refused, err := c.Requests(t.Context(), wire.RequestFilter{Refused: true})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(refused.Requests).To(HaveExactElements(HaveField("Refusal.Reason", "invalid request body")))
	_, err = c.Envelope(t.Context(), refused.Requests[0].Seq)
	g.Expect(wire.IsNotFound(err)).To(BeTrue())
	files, err := c.Requests(t.Context(), wire.RequestFilter{Item: "attachment", Tenant: "k", Limit: 1})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(files.Requests).To(HaveExactElements(HaveField("Seq", d.Request)))
	_, err = c.Request(t.Context(), 999)
	g.Expect(wire.IsNotFound(err)).To(BeTrue())
}

// Requests without events have no line in the list, and a wait does not count
// them.
func TestOnlyEventsCount(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	c := client(t, h)
	for kind, payload := range map[string]string{
		"transaction":   `{"type":"transaction","transaction":"t","start_timestamp":1,"timestamp":2,"contexts":{"trace":{"trace_id":"771a43a4192642f0b136d5159a501700","span_id":"00f067aa0ba902b7"}}}`,
		"session":       `{"sid":"771a43a4192642f0b136d5159a501700","init":true,"started":"2026-03-01T12:00:00Z","status":"ok","attrs":{"release":"1"}}`,
		"check_in":      `{"check_in_id":"771a43a4192642f0b136d5159a501700","monitor_slug":"nightly","status":"ok"}`,
		"client_report": `{"discarded_events":[]}`,
	} {
		r := do(t, h, http.MethodPost, "/api/1/envelope/?sentry_key=k", `{"event_id":"`+otherID+`"}`+"\n"+`{"type":"`+kind+`"}`+"\n"+payload+"\n")
		g.Expect(r.status).To(Equal(200), kind+r.body)
		g.Expect(c.Requests(t.Context(), wire.RequestFilter{Item: kind})).To(HaveField("Total", 1), kind)
	}
	g.Expect(c.Events(t.Context(), wire.Filter{})).To(HaveField("Total", 0))
	g.Expect(get(t, h, "/api/v1/wait?timeout=1ms").status).To(Equal(504))
}

func TestTenantsAreSeparate(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{TLS: true})
	c := client(t, h)
	one, err := c.CreateTenant(t.Context(), "one")
	g.Expect(err).NotTo(HaveOccurred())
	two, err := c.CreateTenant(t.Context(), "")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(one.DSN).To(Equal("http://" + one.Key + "@" + h.Server.Addr() + "/" + one.ProjectID))
	g.Expect(one.TLSDSN).To(HavePrefix("https://" + one.Key + "@"))
	g.Expect(get(t, h, "/api/v1/tenants/"+one.Key, "Host: fakesentry:8000").body).To(ContainSubstring(`"dsn":"http://`+one.Key+`@fakesentry:8000/`), "with the host that the client used")
	g.Expect(c.Tenants(t.Context())).To(Equal([]wire.Tenant{one, two}))
	g.Expect(c.Tenant(t.Context(), one.Key)).To(Equal(one))
	store(t, h, one.Key, message("of one"))
	store(t, h, two.Key, message("of two"))
	events, err := c.Wait(t.Context(), 1, wire.Filter{Tenant: one.Key})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(events).To(HaveExactElements(HaveField("Title", "of one")))
	g.Expect(get(t, h, "/api/v1/tenants/"+two.Key+"/wait?count=1").body).To(ContainSubstring("of two"))
	g.Expect(get(t, h, "/api/v1/tenants/absent/wait").status).To(Equal(404))
	g.Expect(do(t, h, http.MethodDelete, "/api/v1/tenants/"+two.Key+"/events", "").body).To(Equal("{\"deleted\":1}\n"))
	g.Expect(c.DeleteTenant(t.Context(), two.Key)).To(Succeed())
	g.Expect(wire.IsNotFound(c.DeleteTenant(t.Context(), two.Key))).To(BeTrue())
	page, err := c.Events(t.Context(), wire.Filter{})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(page.Events).To(HaveLen(1))
	g.Expect(do(t, h, http.MethodPost, "/api/v1/tenants", "{").body).To(ContainSubstring(`the body must be a JSON object such as {\"name\":\"my test\"}, or empty`))
	g.Expect(do(t, h, http.MethodPost, "/api/v1/tenants", "").status).To(Equal(201))
}

func TestWaitErrorListsWhatArrived(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	c := client(t, h)
	first := store(t, h, "k", message("first"))
	other := store(t, h, "k", message("other"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	events, err := c.Wait(ctx, 2, wire.Filter{Query: "title:first"})
	g.Expect(events).To(HaveLen(1))
	g.Expect(err).To(MatchError(context.DeadlineExceeded))
	g.Expect(err).To(MatchError("fakesentryclient: 1 of 2 events that match \"title:first\" arrived: context deadline exceeded\n" +
		"  arrived: error \"first\" (" + first + ")\n  does not match: error \"other\" (" + other + ")"))

	r := get(t, h, "/api/v1/wait?count=3&timeout=1ms")
	g.Expect(r.status).To(Equal(504))
	g.Expect(r.body).To(HavePrefix(`{"error":"2 of 3 events arrived: 1ms passed","events":[{`))
	done := make(chan []wire.Event)
	go func() {
		events, err := c.Wait(t.Context(), 3, wire.Filter{})
		if err != nil {
			t.Error(err)
		}
		done <- events
	}()
	store(t, h, "k", message("third"))
	g.Expect(<-done).To(HaveLen(3))
}

func TestInvalidParameters(t *testing.T) {
	t.Parallel()
	h := start(t, host.Config{})
	for path, want := range map[string]string{
		"/api/v1/events?limit=0":        `limit is "0", but must be a number from 1 to 1000`,
		"/api/v1/events?cursor=x":       `cursor is "x", but must be the "next" of the previous page`,
		"/api/v1/events?q=lvl:x":        `query "lvl:x": lvl:x: there is no field "lvl"`,
		"/api/v1/wait?timeout=5":        `timeout is "5", but must be a duration up to 10m0s, such as 500ms or 5s`,
		"/api/v1/wait?count=a":          `count is "a", but must be a number from 1 to 100000`,
		"/api/v1/stream?after=x":        `Last-Event-ID is "x", but must be an id of this stream`,
		"/api/v1/requests?refused=2":    `refused is "2", but must be true or false`,
		"/api/v1/requests/1/body?wire=": `there is no request "1", or it was deleted`,
		"/api/v2/events":                `/api/v2/events is not an address of this API: see /api/v1/openapi.json`,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			r := get(t, h, path)
			g.Expect(r.status).To(BeElementOf(400, 404))
			g.Expect(strings.ReplaceAll(r.body, `\"`, `"`)).To(HavePrefix(`{"error":"` + want))
		})
	}
}

func TestUnsupportedMethods(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	r := do(t, h, http.MethodPost, "/api/v1/events", "")
	g.Expect(r.status).To(Equal(405))
	g.Expect(r.header.Get("Allow")).To(Equal("GET, DELETE"))
	g.Expect(r.body).To(Equal("{\"error\":\"/api/v1/events does not take POST: it takes GET, DELETE\"}\n"))
	g.Expect(do(t, h, http.MethodPatch, "/api/v1/faults", "").header.Get("Allow")).To(Equal("GET, PUT, DELETE"))
	g.Expect(do(t, h, http.MethodPost, "/api/v1/absent", "").status).To(Equal(404))
}

func TestUnknownParametersAndFieldsAreRefused(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	store(t, h, "k", message("kept"))
	for _, c := range []struct{ method, path, body, want string }{
		{"DELETE", "/events?query=level:info", "", `there is no parameter "query": this address takes q, tenant`},
		{"DELETE", "/events?q=a&q=b", "", `the parameter "q" occurs 2 times, but may occur once`},
		{"DELETE", "/events", `{"q":"level:info"}`, `a DELETE has no body: this address takes q, tenant`},
		{"DELETE", "/events?q=a;b", "", `the query of the address can't be read: `},
		{"DELETE", "/events/1?tenant=k", "", `there is no parameter "tenant": this address takes none`},
		{"DELETE", "/faults?name=a", "", `there is no parameter "name": this address takes none`},
		{"GET", "/events?b=1&a=2", "", "there is no parameter \"a\": this address takes q, tenant, limit, cursor\\nthere is no parameter \"b\""},
		{"GET", "/wait?n=2", "", `there is no parameter "n": this address takes q, tenant, count, timeout`},
		{"POST", "/tenants", `{"title":"x"}`, `the body must be a JSON object such as {"name":"my test"}, or empty: unknown field "title"`},
		{"POST", "/tenants", `{"name":"x"} {}`, `the body must be a JSON object such as {"name":"my test"}, or empty: there is text after the object`},
		{"PUT", "/faults", `{"faults":[],"mode":"a>b"}`, `the body must be a JSON object such as {"faults":[{"status":429,"retry_after":"30"}]}: unknown field "mode"`},
		{"PUT", "/faults", `{}`, `the body must be a JSON object such as {"faults":[{"status":429,"retry_after":"30"}]}: the field faults is missing`},
	} {
		r := do(t, h, c.method, "/api/v1"+c.path, c.body)
		g.Expect(r.status).To(Equal(400), c.path)
		g.Expect(strings.ReplaceAll(r.body, `\"`, `"`)).To(HavePrefix(`{"error":"` + c.want))
	}
	g.Expect(get(t, h, "/api/v1/events").body).To(ContainSubstring("kept"))
	g.Expect(get(t, h, "/api/v1/events?q=level:>>error").body).To(ContainSubstring(`>>error`), "people can read the characters <, > and &")
	g.Expect(get(t, h, "/api/eventlist/?page=1").status).To(Equal(200), "addresses of Kent accept any parameter")
}

func TestStream(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	c := client(t, h)
	store(t, h, "k", message("before"))
	do(t, h, http.MethodPost, "/api/1/store/?sentry_key=k", "nonsense")
	news := make(chan wire.News)
	ended := make(chan error, 1)
	follow := func(f wire.Filter, after int64, most int) {
		n := 0
		ended <- c.Stream(t.Context(), f, after, func(one wire.News) bool {
			n++
			news <- one
			return n < most
		})
	}
	go follow(wire.Filter{}, 0, 3)
	first := <-news
	g.Expect(first.Event.Title).To(Equal("before"))
	g.Expect((<-news).Refused.Refusal.Reason).To(Equal("invalid request body"))
	store(t, h, "k", message("after"))
	last := <-news
	g.Expect(last.Event.Title).To(Equal("after"))
	g.Expect(<-ended).To(Succeed())

	go follow(wire.Filter{Query: "-title:x"}, first.ID, 1)
	g.Expect(<-news).To(Equal(last), "the stream begins after the first; with a query it has no refusals")
	g.Expect(<-ended).To(Succeed())
	resumed := do(t, h, http.MethodGet, "/api/v1/stream?after=x", "", "Last-Event-ID: y")
	g.Expect(resumed.body).To(ContainSubstring(`\"y\"`), "Last-Event-ID overrides the parameter")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g.Expect(c.Stream(ctx, wire.Filter{}, wire.Now, func(wire.News) bool { return true })).To(MatchError(context.Canceled))
}

func TestStreamsAndWaitsEndWithTheServer(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h, err := host.Start(host.Config{})
	g.Expect(err).NotTo(HaveOccurred())
	c := client(t, h)
	store(t, h, "k", message("one"))
	opened, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- c.Stream(t.Context(), wire.Filter{}, 0, func(wire.News) bool { close(opened); return true })
	}()
	<-opened
	g.Expect(h.Close()).To(Succeed())
	g.Expect(<-ended).To(MatchError(io.ErrUnexpectedEOF))
}
