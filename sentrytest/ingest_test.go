package sentrytest_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	envelopeBody := "{}\n" + `{"type":"event"}` + "\n" + vectorJSON
	cases := []struct {
		method, path string
		body         string
		status       int
		protocol     string
		project      string
	}{
		{"POST", "/api/1/store/", vectorJSON, 200, "store", "1"},
		{"POST", "/api/1/store", vectorJSON, 200, "store", "1"},
		{"POST", "//api//42///store//", vectorJSON, 200, "store", "42"},
		{"POST", "/api/any-thing/store/", vectorJSON, 200, "store", "any-thing"},
		{"POST", "/pre/fix/api/42/store/", vectorJSON, 200, "store", "42"},
		{"POST", "/api/store/", vectorJSON, 200, "store", ""},
		{"POST", "/api/1/envelope/", envelopeBody, 200, "envelope", "1"},
		{"POST", "/api/1/envelope", envelopeBody, 200, "envelope", "1"},
		{"POST", "/pre/api/1/envelope/", envelopeBody, 200, "envelope", "1"},
		{"POST", "/api/envelope/", envelopeBody, 404, "", ""},
		{"POST", "/api/1/unreal/", vectorJSON, 404, "", ""},
		{"POST", "/1/store/", vectorJSON, 404, "", ""},
		{"POST", "/api/1/store/more/", vectorJSON, 404, "", ""},
		{"GET", "/", "", 404, "", ""},
		{"PUT", "/api/1/store/", vectorJSON, 405, "store", "1"},
		{"GET", "/api/1/envelope/", "", 405, "envelope", "1"},
	}
	srv := sentrytest.NewServer(t)
	for _, c := range cases {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			g := NewWithT(t)
			srv.Clear()
			r := send(t, srv, c.method, c.path, c.body, authLine)
			g.Expect(r.Status).To(Equal(c.status))
			g.Expect(r.Header.Get("Content-Type")).To(Equal("application/json"))
			req := srv.Requests()[0]
			g.Expect(req.Protocol).To(Equal(c.protocol))
			g.Expect(req.ProjectID).To(Equal(c.project))
			g.Expect(req.Answer.Status).To(Equal(c.status))
			g.Expect(req.Answer.Body).To(Equal(r.Body))
			if c.status == 200 {
				g.Expect(r.Body).To(MatchRegexp(`^\{"id":"[0-9a-f]{32}"\}$`))
				g.Expect(srv.Events()).To(HaveLen(1))
			} else {
				g.Expect(srv.Rejected()).To(HaveLen(1))
				g.Expect(r.Header.Get("X-Sentry-Error")).NotTo(BeEmpty())
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	r := send(t, srv, http.MethodOptions, storePath, "", "Origin: https://app.example", "Access-Control-Request-Method: POST")
	g.Expect(r.Status).To(Equal(200))
	g.Expect(r.Header.Get("Access-Control-Allow-Origin")).To(Equal("*"))
	g.Expect(r.Header.Get("Access-Control-Allow-Methods")).To(ContainSubstring("POST"))
	g.Expect(r.Header.Get("Access-Control-Allow-Headers")).To(ContainSubstring("x-sentry-auth"))
	g.Expect(r.Header.Get("Access-Control-Max-Age")).To(Equal("3600"))
	g.Expect(srv.Requests()).To(BeEmpty())
	r = store(t, srv, vectorJSON)
	g.Expect(r.Header.Get("Access-Control-Expose-Headers")).To(Equal("x-sentry-error, x-sentry-rate-limits, retry-after"))
}

func TestStoreByGET(t *testing.T) {
	t.Parallel()
	for _, data := range []string{vectorJSON, vectorBase64, vectorZlib, `{"message":"1+1 is 2"}`} {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t)
		r := send(t, srv, http.MethodGet, storePath+"?sentry_key=a&sentry_data="+url.QueryEscape(data), "")
		g.Expect(r.Status).To(Equal(200))
		g.Expect(r.Header.Get("Content-Type")).To(Equal("image/gif"))
		g.Expect([]byte(r.Body)).To(Equal([]byte("GIF89a\x01\x00\x01\x00\x00\xff\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x00\x3b")))
		g.Expect(srv.Events()).To(HaveLen(1))
		g.Expect(srv.Requests()[0].Auth).NotTo(HaveKey("sentry_data"))
	}
}

func TestStoreChecks(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, body, client string
		status             int
		detail             string
	}{
		{name: "no id", body: `{}`, status: 200},
		{name: "null id", body: `{"event_id":null}`, status: 200},
		{name: "id with dashes", body: `{"event_id":"FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0"}`, status: 200},
		{name: "id is no UUID", body: `{"event_id":"abc"}`, status: 400, detail: `invalid JSON data: event_id is not a UUID: "abc"`},
		{name: "id is a number", body: `{"event_id":1}`, status: 400, detail: `invalid JSON data: event_id is not a string: 1`},
		{name: "syntax", body: `{"a":}`, status: 400, detail: `invalid JSON data: invalid character '}' looking for beginning of value`},
		{name: "rubbish behind", body: `{}}`, status: 400, detail: `invalid JSON data: invalid character '}' after top-level value`},
		{name: "NaN of raven-python", body: `{"extra":{"a":NaN,"b":"NaN \" NaN","c":-Infinity}}`, client: "raven-python/6.10.0", status: 200},
		{name: "NaN of others", body: `{"extra":{"a":NaN}}`, client: "raven.go/1", status: 400, detail: `invalid JSON data: invalid character 'N' looking for beginning of value`},
		{name: "garbage in fields", body: `{"level":{},"exception":7,"tags":"x","breadcrumbs":[null,1]}`, status: 200},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			r := send(t, srv, http.MethodPost, storePath, c.body, authLine+", sentry_client="+c.client)
			g.Expect(r.Status).To(Equal(c.status), r.Body)
			if c.status != 200 {
				detail, _ := r.detail(t)
				g.Expect(detail).To(Equal(c.detail))
				return
			}
			e := srv.Events()[0]
			g.Expect(r.Body).To(Equal(`{"id":"` + e.EventID + `"}`))
			if strings.Contains(c.name, "dashes") {
				g.Expect(e.EventID).To(Equal(vectorID))
			}
		})
	}
}

func TestNaNIsRepairedOutsideOfStringsOnly(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	send(t, srv, http.MethodPost, storePath, `{"extra":{"a":[NaN,-Infinity],"b":"NaN \" NaN"}}`, authLine+", sentry_client=sentry-python/1.0")
	g.Expect(srv.Events()[0].Extra).To(Equal(map[string]any{"a": []any{nil, nil}, "b": `NaN " NaN`}))
}

func TestEnvelopeAnswers(t *testing.T) {
	t.Parallel()
	const (
		header = `{"event_id":"` + vectorID + `"}`
		other  = `{"event_id":"00000000000040008000000000000001","message":"hi"}`
		huge   = "envelope exceeded size limits for type '%s' (https://develop.sentry.dev/sdk/envelopes/#size-limits)"
	)
	item := func(itemType, payload string) string {
		return fmt.Sprintf("\n{\"type\":%q,\"length\":%d}\n%s", itemType, len(payload), payload)
	}
	big := strings.Repeat("x", sentrytest.MaxEventSize)
	cases := []struct {
		name, body string
		status     int
		answer     string // of a success; "" when an id was made up
		detail     string
		events     int
		rejected   int
	}{
		{name: "no items", body: header, status: 200, answer: `{"id":"` + vectorID + `"}`},
		{name: "nothing at all", body: "{}", status: 200, answer: "{}"},
		{name: "items without event", body: "{}" + item("session", "{}") + item("client_report", "{}") + item("new", "x"), status: 200, answer: "{}"},
		{name: "the envelope's id wins", body: header + item("event", other), status: 200, answer: `{"id":"` + vectorID + `"}`, events: 1},
		{name: "an id is made up", body: "{}" + item("event", other), status: 200, events: 1},
		{name: "an attachment needs an id", body: "{}" + item("attachment", "x"), status: 200},
		{name: "event and others", body: header + item("event", other) + item("attachment", "x") + item("session", "{}"), status: 200, answer: `{"id":"` + vectorID + `"}`, events: 1},
		{name: "event that is no object", body: header + item("event", "[]"), status: 200, answer: `{"id":"` + vectorID + `"}`, rejected: 1},
		{name: "two events", body: header + item("event", other) + item("event", other), status: 413, detail: fmt.Sprintf(huge, "event"), rejected: 1},
		{name: "event and transaction", body: header + item("event", other) + item("transaction", "{}"), status: 413, detail: fmt.Sprintf(huge, "transaction"), rejected: 1},
		{name: "event too large", body: header + item("event", `{"a":"`+big+`"}`), status: 413, detail: fmt.Sprintf(huge, "event"), rejected: 1},
		{name: "client report too large", body: "{}" + item("client_report", big), status: 413, detail: fmt.Sprintf(huge, "client_report"), rejected: 1},
		{name: "unknown type of any size", body: "{}" + item("made_up", big), status: 200, answer: "{}"},
		{name: "31 attachments", body: header + strings.Repeat(item("attachment", ""), 31), status: 413, detail: fmt.Sprintf(huge, "attachment"), rejected: 1},
		{name: "internal item", body: header + item("integration", "{}"), status: 400, detail: "envelope contains internal items", rejected: 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			r := envelope(t, srv, c.body)
			g.Expect(r.Status).To(Equal(c.status), r.Body)
			g.Expect(srv.Events()).To(HaveLen(c.events))
			g.Expect(srv.Rejected()).To(HaveLen(c.rejected))
			switch {
			case c.status != 200:
				detail, _ := r.detail(t)
				g.Expect(detail).To(Equal(c.detail))
				g.Expect(srv.Envelopes()).To(BeEmpty())
			case c.answer == "":
				g.Expect(r.Body).To(Equal(`{"id":"` + srv.Envelopes()[0].EventID + `"}`))
				g.Expect(r.Body).NotTo(ContainSubstring("0001"))
			default:
				g.Expect(r.Body).To(Equal(c.answer))
			}
			for _, e := range srv.Events() {
				g.Expect(e.EventID).To(Equal(srv.Envelopes()[0].EventID))
			}
		})
	}
}

func TestStoreEventTooLarge(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	body := func(n int) string { return `{"a":"` + strings.Repeat("x", n-8) + `"}` }
	g.Expect(store(t, srv, body(sentrytest.MaxEventSize)).Status).To(Equal(200))
	r := store(t, srv, body(sentrytest.MaxEventSize+1))
	g.Expect(r.Status).To(Equal(413))
	g.Expect(r.Header.Get("X-Sentry-Error")).To(Equal("envelope exceeded size limits for type 'event' (https://develop.sentry.dev/sdk/envelopes/#size-limits)"))
}

func TestEnvelopeOnTheStoreEndpoint(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	r := store(t, srv, "{}\n"+`{"type":"event"}`+"\n"+message("hi"), "Content-Type: application/x-sentry-envelope; charset=utf-8")
	g.Expect(r.Status).To(Equal(200))
	g.Expect(srv.Envelopes()).To(HaveLen(1))
	e := sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("hi"))
	g.Expect(e.Received.Protocol).To(Equal("envelope"))
}

func TestChunkedBody(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	// A reader whose length net/http does not know makes a chunked request.
	body := io.MultiReader(strings.NewReader(vectorJSON[:20]), bytes.NewReader([]byte(vectorJSON[20:])))
	resp, err := srv.Client().Post(srv.URL()+storePath+"?sentry_key=a", "", body)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.Body.Close()).To(Succeed())
	g.Expect(resp.StatusCode).To(Equal(200))
	g.Expect(srv.Requests()[0].Header).NotTo(HaveKey("Content-Length"))
	g.Expect(srv.Events()).To(HaveLen(1))
}

func TestRejected(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	store(t, srv, "nonsense!")
	send(t, srv, http.MethodPost, "/nowhere", "x")
	store(t, srv, message("in order"))
	rejected := srv.Rejected()
	g.Expect(rejected).To(HaveLen(2))
	g.Expect(rejected[0].String()).To(Equal("POST /api/1/store/ -> 400 invalid request body: neither a JSON object nor base64 of one: illegal base64 data at input byte 8"))
	g.Expect(rejected[0].Request.Body).To(Equal("nonsense!"))
	g.Expect(rejected[1].String()).To(Equal("POST /nowhere -> 404 not found: no such endpoint: /nowhere"))
	g.Expect(srv.Events()).To(HaveLen(1))
	g.Expect(srv.Requests()).To(HaveLen(3))
	g.Expect(srv.Requests()[2].ID).To(Equal(3))

	srv.Clear()
	g.Expect(srv.Rejected()).To(BeEmpty())
	g.Expect(srv.Requests()).To(BeEmpty())
	g.Expect(srv.Events()).To(BeEmpty())
	store(t, srv, message("again"))
	g.Expect(srv.Requests()[0].ID).To(Equal(4))
}

func TestClientThatGivesUpWhileSending(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	c, err := srv.DialContext(t.Context(), "", "")
	g.Expect(err).NotTo(HaveOccurred())
	_, err = io.WriteString(c, "POST /api/1/store/ HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(c.Close()).To(Succeed())
	g.Eventually(srv.Rejected).Should(HaveLen(1))
	g.Expect(srv.Rejected()[0].Reason).To(Equal("incomplete request body"))
}

// A plus in a query is a space to whoever decodes it, and a plus again in
// base64.
func TestStoreByGetWithAPlus(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	data := base64.StdEncoding.EncodeToString([]byte(`{"message":">>>>>"}`))
	g.Expect(data).To(ContainSubstring("+"))
	send(t, srv, "GET", storePath+"?sentry_key=a&sentry_data="+data, "")
	g.Expect(messages(srv.Events())).To(Equal([]string{">>>>>"}))
}
