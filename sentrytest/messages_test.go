package sentrytest_test

import (
	"errors"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// What a refusal says is all that a user has of it: each is worded in full.
func TestRefusalTexts(t *testing.T) {
	t.Parallel()
	const (
		storeAuth    = storePath + "?sentry_key=a"
		envelopeAuth = envelopePath + "?sentry_key=a"
		securityAuth = "/api/1/security/?sentry_key=a"
		csp          = "Content-Type: application/csp-report"
	)
	for _, c := range []struct{ path, body, header, want string }{
		{envelopeAuth, `{"event_id":"a"}`, "", `400 invalid event envelope: invalid envelope header: event_id is not a UUID: "a"`},
		{envelopeAuth, `{"event_id":7}`, "", "400 invalid event envelope: invalid envelope header: event_id is not a string: 7"},
		{envelopeAuth, `{"sent_at":"1","sent_at":"2"}`, "", `400 invalid event envelope: invalid envelope header: duplicate field "sent_at"`},
		{envelopeAuth, `{"sent_at":"yesterday"}`, "", `400 invalid event envelope: invalid envelope header: sent_at is not a time of RFC 3339: "yesterday"`},
		{envelopeAuth, `{"dsn":"ftp://a@h/1"}`, "", `400 invalid event envelope: invalid envelope header: invalid scheme "ftp" in dsn: want http or https`},
		{envelopeAuth, `{"dsn":"http://h/1"}`, "", "400 invalid event envelope: invalid envelope header: incomplete dsn: want http://key@host/project"},
		{envelopePath, `{"dsn":"http://h/1"}`, "", "401 bad envelope authentication header: invalid envelope header: incomplete dsn: want http://key@host/project"},
		{envelopeAuth, "[]", "", "400 invalid event envelope: invalid envelope header: not a JSON object"},
		{envelopeAuth, "{}\n{}", "", "400 invalid event envelope: invalid item header: missing field `type`"},
		{envelopeAuth, "{}\n" + `{"type":7}`, "", "400 invalid event envelope: invalid item header: type is not a string: 7"},
		{envelopeAuth, "{}\n" + `{"type":"x","filename":7}`, "", "400 invalid event envelope: invalid item header: filename is not a string: 7"},
		{envelopeAuth, "{}\n" + `{"type":"x","length":-1}`, "", "400 invalid event envelope: invalid item header: length is not a non-negative integer: -1"},
		{envelopeAuth, "{}\n" + strings.Repeat("{\"type\":\"x\"}\n\n", 10_001), "", "413 envelope exceeded size limits: more than 10000 items"},
		{envelopeAuth, "{}\n" + `{"type":"event"}` + "\nnull", "", "200 accepted, then dropped: event item is not a JSON object: expected an object, found null"},
		{storeAuth, "nonsense!", "", "400 invalid request body: neither a JSON object nor base64 of one: illegal base64 data at input byte 8"},
		{storeAuth, "null", "", "400 invalid request body: neither a JSON object nor base64 of one: zlib: invalid header"},
		{storeAuth, "eyJhIjoxfQ==\n", "", "400 invalid request body: neither a JSON object nor base64 of one: line end in base64"},
		{storeAuth, "x", "Content-Encoding: zip", `415 unsupported content encoding "zip"`},
		{securityAuth, "[]", csp, "200 accepted, then dropped: security report is invalid: an empty list"},
		{securityAuth, "[7]", csp, "200 accepted, then dropped: security report is invalid: expected an object, found 7"},
		{securityAuth, "{}{}", csp, "200 accepted, then dropped: security report is invalid: data after the JSON value"},
		{securityAuth, "{}", csp, "200 accepted, then dropped: security report is invalid: expected one of csp-report, expect-ct-report, expect-staple-report, known-pins and csp-violation in it"},
		{securityAuth, "{}", "Content-Type: text/html", `415 unsupported media type: "text/html" is not a media type of a security report`},
	} {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			var headers []string
			if c.header != "" {
				headers = append(headers, c.header)
			}
			send(t, srv, "POST", c.path, c.body, headers...)
			g.Expect(srv.Rejected()).To(HaveLen(1))
			g.Expect(srv.Rejected()[0].String()).To(HaveSuffix(" -> " + c.want))
		})
	}
}

func TestProblemAndFindingTexts(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]struct{ problem, finding string }{
		`{"logentry":{"message":"m","params":7}}`: {
			"logentry.params: neither a list nor an object", "warning: logentry.params=7: neither a list nor an object [invalid_data]",
		},
		`{"tags":7}`: {
			"tags: expected an object or a list of pairs, found 7", "warning: tags=7: expected an object or a list of pairs [invalid_data]",
		},
		`{"tags":{"a":[7]}}`: {"tags.a: expected a scalar, found [7]", "warning: tags.a=[7]: expected a scalar [invalid_data]"},
		`{"request":{"query_string":{"a":{}}}}`: {
			"request.query_string.a: expected a string, found {}", "info: request.query_string.a={}: expected a string [invalid_data]",
		},
		`{"request":{"cookies":{"a":[]}}}`: {
			"request.cookies.a: expected a string, found []", "warning: request.cookies.a=[]: expected a string [invalid_data]",
		},
		`{"exception":[{"type":"a","mechanism":{"type":"x","parent_id":"b"}}]}`: {
			`exception.0.mechanism.parent_id: expected an integer, found "b"`,
			`warning: exception.0.mechanism.parent_id="b": expected an integer [invalid_data]`,
		},
		`{"site":"lyon"}`:                                        {"", `info: site="lyon": deprecated: a tag of that name does the same [deprecated]`},
		`{"user":{"id":"1","segment":"x"}}`:                      {"", `info: user.segment="x": deprecated: a tag does the same [deprecated]`},
		`{"extra":{"a":"` + strings.Repeat("x", 300_000) + `"}}`: {"", "warning: extra: 300008 bytes: pruned to 262144 [truncated]"},
		`{"a":"` + strings.Repeat("x", 1<<20) + `"}`:             {"", "fatal: (whole): 1048584 bytes: an event may have 1048576 [size_limit]"},
	} {
		t.Run(want.finding, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			e := parse(t, event)
			if want.problem != "" {
				g.Expect(e.Problems).To(HaveLen(1))
				g.Expect(e.Problems[0].String()).To(Equal(want.problem))
			}
			found := tell(sentrytest.Validate([]byte(event)))
			g.Expect(found).To(ContainElement(want.finding))
			path, _, _ := strings.Cut(want.finding, "=")
			g.Expect(found).NotTo(ContainElement(And(HavePrefix(path+"="), Not(Equal(want.finding)), HavePrefix("warning"))), "one fault is told once")
		})
	}
}

func TestOtherTexts(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	failures, _ := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb)
		g.Expect(srv.Close()).To(Succeed())
		srv.CACertFile()
	})
	g.Expect(failures).To(Equal("sentrytest: writing a certificate file: ca.pem was asked for after Close"))
	_, logs := run(t, func(tb *fakeTB) {
		sentrytest.NewServer(tb, sentrytest.InMemory())
		tb.Errorf("failed")
	})
	g.Expect(logs).To(Equal("sentrytest: server http://127.0.0.1:9 received 0 requests\n" +
		"  DialContext was never called; it is the only way to reach an InMemory server"))
	g.Expect(sentrytest.HasJSON("a", 1).Match(sentrytest.Event{})).To(MatchError("the event has no JSON: it was made in Go"))
	g.Expect(sentrytest.HasJSON("a", 1).Match(sentrytest.Event{Raw: []byte("{")})).To(MatchError("the event's JSON: unexpected EOF"))
	var mismatch *sentrytest.Mismatch
	g.Expect(errors.As(sentrytest.HasMessageMatching("^a").Match(sentrytest.Event{Message: "b"}), &mismatch)).To(BeTrue())
	g.Expect(mismatch.Fields[0].String()).To(Equal("message\n  want: a match of \"^a\"\n  got:  \"b\""))

	g.Expect(func() { sentrytest.Status(100) }).To(PanicWith("sentrytest: Status(100) is not a final HTTP status"))
	g.Expect(func() { sentrytest.OK().Times(0) }).To(PanicWith("sentrytest: Times(0) makes a step that is never used"))
	g.Expect(func() { sentrytest.Hang().ThenClose() }).To(PanicWith("sentrytest: Hang() cannot be followed by ThenClose"))
}

// The answers that a script makes have the words of Sentry's.
func TestScriptedTexts(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	for status, want := range map[int]string{
		429: "Sentry dropped data due to a quota or internal rate limit being reached.",
		413: "envelope exceeded size limits for type 'event' (https://develop.sentry.dev/sdk/envelopes/#size-limits)",
		503: "failed to queue envelope",
		502: "bad gateway",
		599: "status 599",
	} {
		srv.Script(sentrytest.Status(status))
		r := store(t, srv, vectorJSON)
		detail, _ := r.detail(t)
		g.Expect([]string{detail, r.Header.Get("X-Sentry-Error")}).To(Equal([]string{want, want}))
	}
	r := send(t, srv, "PUT", storePath, "")
	detail, causes := r.detail(t)
	g.Expect(append(causes, detail, r.Header.Get("Allow"))).To(Equal([]string{"PUT /api/1/store/", "method not allowed", "POST"}))
}

// A client chooses its path and the keys of its JSON, and may put line ends in
// them.
func TestTextsAreOneLine(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	send(t, srv, "POST", "/api/1%0A2/store/", `{"a\nb":"secret"}`, authLine)
	send(t, srv, "POST", "/api%0A/", "{}")
	g.Expect(srv.SetFaults(sentrytest.When().Named("a\nb").Do(sentrytest.Status(503)))).To(Succeed())
	store(t, srv, vectorJSON)
	g.Expect(srv.Requests()[0].String()).To(HavePrefix("POST /api/1 2/store/, "))
	g.Expect(srv.Requests()[2].String()).To(HaveSuffix("by script step a b: Status(503)"))
	g.Expect(srv.Rejected()[0].String()).To(Equal("POST /api / -> 404 not found: no such endpoint: /api /"))
	g.Expect(strings.Split(srv.Findings()[0].String(), "\n")[0]).To(Equal("request 1, POST /api/1 2/store/"))
	e := sentrytest.Event{Level: "error", Exceptions: []sentrytest.Exception{{Type: "a\nb", Value: "c\nd"}}}
	g.Expect(e.String()).To(Equal(`error a b: "c d"`))
	g.Expect(sentrytest.ProxyRequest{Method: "GET", Target: "http://a/", User: "a\nb"}.String()).To(Equal("GET http://a/ (user a b) -> no answer"))
	leak := sentrytest.Leak{Carrier: "request 1, POST /\n", Place: "event: a\nb", Form: "plain"}
	g.Expect(leak.String()).To(Equal("request 1, POST / : event: a b (plain)"))
}
