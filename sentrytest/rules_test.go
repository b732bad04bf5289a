package sentrytest_test

import (
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

const fullKey = "0123456789abcdef0123456789abcdef"

// Each switch against the default: what changes, and to what.
func TestServerSwitches(t *testing.T) {
	t.Parallel()
	const (
		event    = "\n" + `{"type":"event"}` + "\n" + `{"message":"hi"}`
		tooLarge = "envelope exceeded size limits for type 'client_report' (https://develop.sentry.dev/sdk/envelopes/#size-limits)"
	)
	report := "{}\n" + `{"type":"client_report"}` + "\n" + strings.Repeat("x", 200<<10)
	type request struct {
		path, body string
		headers    []string
	}
	cases := []struct {
		name                     string
		rules                    sentrytest.Rules
		request                  request
		byDefault, with          int
		defaultReason, newReason string
	}{
		{
			name: "zlib alone", rules: sentrytest.Rules{Deflate: sentrytest.DeflateZlib},
			request:   request{storePath, unbase64(t, vectorRaw), []string{authLine, "Content-Encoding: deflate"}},
			byDefault: 200, with: 400, newReason: "invalid request body",
		},
		{
			name: "raw deflate alone", rules: sentrytest.Rules{Deflate: sentrytest.DeflateRaw},
			request:   request{storePath, unbase64(t, vectorZlib), []string{authLine, "Content-Encoding: deflate"}},
			byDefault: 200, with: 400, newReason: "invalid request body",
		},
		{
			name: "raw deflate still", rules: sentrytest.Rules{Deflate: sentrytest.DeflateRaw},
			request:   request{storePath, unbase64(t, vectorRaw), []string{authLine, "Content-Encoding: deflate"}},
			byDefault: 200, with: 200,
		},
		{
			name: "blank lines", rules: sentrytest.Rules{TolerateBlankLines: true},
			request:   request{envelopePath, "{}" + event + "\n\n\n", []string{authLine}},
			byDefault: 400, with: 200, defaultReason: "invalid event envelope",
		},
		{
			name: "bare headers", rules: sentrytest.Rules{RefuseBareHeaders: true},
			request:   request{envelopePath, "{}\n" + `{"type":"attachment"}`, []string{authLine}},
			byDefault: 200, with: 400, newReason: "invalid event envelope",
		},
		{
			name: "empty payloads behind a line end", rules: sentrytest.Rules{RefuseBareHeaders: true},
			request:   request{envelopePath, "{}\n" + `{"type":"attachment"}` + "\n", []string{authLine}},
			byDefault: 200, with: 200,
		},
		{
			name: "event ids", rules: sentrytest.Rules{RequireEventIDs: true},
			request:   request{envelopePath, "{}" + event, []string{authLine}},
			byDefault: 200, with: 400, newReason: "invalid event envelope",
		},
		{
			name: "event ids of what needs none", rules: sentrytest.Rules{RequireEventIDs: true},
			request:   request{envelopePath, "{}\n" + `{"type":"session"}` + "\n{}", []string{authLine}},
			byDefault: 200, with: 200,
		},
		{
			name: "query and header", rules: sentrytest.Rules{Auth: sentrytest.AuthDSNFirst},
			request:   request{storePath + "?sentry_key=q", vectorJSON, []string{authLine}},
			byDefault: 401, with: 200, defaultReason: "multiple authorization payloads detected",
		},
		{
			name: "two headers", rules: sentrytest.Rules{Auth: sentrytest.AuthDSNFirst},
			request:   request{storePath, vectorJSON, []string{authLine, "Authorization: Sentry sentry_key=a"}},
			byDefault: 401, with: 200, defaultReason: "multiple authorization payloads detected",
		},
		{
			name: "dsn and header", rules: sentrytest.Rules{Auth: sentrytest.AuthDSNFirst},
			request:   request{envelopePath, `{"dsn":"http://inner@h/1"}` + event, []string{authLine}},
			byDefault: 400, with: 200, defaultReason: "invalid event envelope",
		},
		{
			name: "projects", rules: sentrytest.Rules{ProjectStatus: 400},
			request:   request{"/api/shop/store/", vectorJSON, []string{authLine}},
			byDefault: 200, with: 400, newReason: "bad project path parameter",
		},
		{
			name: "projects, elsewhere", rules: sentrytest.Rules{ProjectStatus: 404},
			request:   request{"/api/shop/store/", vectorJSON, []string{authLine}},
			byDefault: 200, with: 404, newReason: "not found",
		},
		{
			name: "dsn and header, the header wins", rules: sentrytest.Rules{Auth: sentrytest.AuthQueryFirst},
			request:   request{envelopePath, `{"dsn":"http://inner@h/2"}` + event, []string{authLine}},
			byDefault: 400, with: 200, defaultReason: "invalid event envelope",
		},
		{
			name: "projects of the legacy path", rules: sentrytest.Rules{ProjectStatus: 400},
			request:   request{"/api/store/", vectorJSON, []string{authLine}},
			byDefault: 200, with: 200,
		},
		{
			name: "keys", rules: sentrytest.Rules{FullKeys: true},
			request:   request{storePath, vectorJSON, []string{authLine}},
			byDefault: 200, with: 400, newReason: "bad sentry DSN public key",
		},
		{
			name: "keys with a flag", rules: sentrytest.Rules{FullKeys: true},
			request:   request{storePath + "?sentry_key=" + fullKey + ".no-cache", vectorJSON, nil},
			byDefault: 200, with: 200,
		},
		{
			name: "too large", rules: sentrytest.Rules{OversizeStatus: 400},
			request:   request{envelopePath, report, []string{authLine}},
			byDefault: 413, with: 400, defaultReason: tooLarge, newReason: tooLarge,
		},
		{
			name: "no auth", rules: sentrytest.Rules{MissingAuthStatus: 403},
			request:   request{storePath, vectorJSON, nil},
			byDefault: 401, with: 403, defaultReason: "missing authorization information", newReason: "missing authorization information",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			option := sentrytest.Differ(c.rules)
			for i, srv := range []*sentrytest.Server{
				sentrytest.NewServer(t), sentrytest.NewServer(t, option), sentrytest.NewServer(t, option, sentrytest.Lenient()),
			} {
				g := NewWithT(t)
				status, reason := c.byDefault, c.defaultReason
				if i == 1 {
					status, reason = c.with, c.newReason
				}
				r := send(t, srv, http.MethodPost, c.request.path, c.request.body, c.request.headers...)
				g.Expect(r.Status).To(Equal(status), r.Body)
				g.Expect(srv.Requests()[0].Answer.Status).To(Equal(status))
				if status != 200 {
					g.Expect(srv.Rejected()[0].Reason).To(Equal(reason))
					g.Expect(srv.Rejected()[0].Status).To(Equal(status))
					g.Expect(srv.Envelopes()).To(BeEmpty())
				}
			}
		})
	}
}

// Which of several auths counts.
func TestAuthOrders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules sentrytest.Rules
		keys  []string
	}{
		"Bugsink":   {sentrytest.BugsinkRules(), []string{"inner", "query", "public"}},
		"GlitchTip": {sentrytest.GlitchTipRules(), []string{"query", "query", "public"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, sentrytest.Differ(c.rules))
			body := "\n" + `{"type":"event"}` + "\n{}"
			send(t, srv, http.MethodPost, envelopePath+"?sentry_key=query", `{"event_id":"`+vectorID+`","dsn":"http://inner@h/2"}`+body, authLine)
			send(t, srv, http.MethodPost, envelopePath+"?sentry_key=query", `{"event_id":"`+vectorID+`"}`+body, authLine)
			send(t, srv, http.MethodPost, envelopePath, `{"event_id":"`+vectorID+`"}`+body, authLine, "Authorization: Sentry sentry_key=other")
			var keys []string
			for _, e := range srv.Events() {
				keys = append(keys, e.Received.PublicKey)
			}
			g.Expect(keys).To(Equal(c.keys))
		})
	}
}

// What each preset answers to the requests that servers differ about.
func TestPresetsOfRealServers(t *testing.T) {
	t.Parallel()
	const event = "\n" + `{"type":"event"}` + "\n{}"
	requests := []struct {
		path, body string
		headers    []string
	}{
		{storePath + "?sentry_key=" + fullKey, unbase64(t, vectorRaw), []string{"Content-Encoding: deflate"}},
		{storePath + "?sentry_key=" + fullKey, unbase64(t, vectorZlib), []string{"Content-Encoding: deflate"}},
		{envelopePath + "?sentry_key=" + fullKey, `{"event_id":"` + vectorID + `"}` + event + "\n\n", nil},
		{envelopePath + "?sentry_key=" + fullKey, "{}\n" + `{"type":"session"}`, nil},
		{envelopePath + "?sentry_key=" + fullKey, "{}" + event, nil},
		{"/api/shop/store/?sentry_key=" + fullKey, vectorJSON, nil},
		{storePath + "?sentry_key=short", vectorJSON, nil},
		{storePath, vectorJSON, nil},
		{storePath + "?sentry_key=" + fullKey, strings.Repeat(" ", 2<<20), nil},
	}
	for name, c := range map[string]struct {
		rules sentrytest.Rules
		want  []int
	}{
		"the default": {sentrytest.Rules{}, []int{200, 200, 400, 200, 200, 200, 200, 401, 413}},
		"Relay":       {sentrytest.RelayRules(), []int{400, 200, 400, 200, 200, 400, 400, 401, 413}},
		"Bugsink":     {sentrytest.BugsinkRules(), []int{200, 400, 400, 400, 400, 404, 200, 403, 413}},
		"GlitchTip":   {sentrytest.GlitchTipRules(), []int{200, 200, 200, 200, 200, 404, 200, 403, 413}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := sentrytest.NewServer(t, sentrytest.Differ(c.rules))
			var got []int
			for _, r := range requests {
				got = append(got, send(t, srv, http.MethodPost, r.path, r.body, r.headers...).Status)
			}
			NewWithT(t).Expect(got).To(Equal(c.want))
		})
	}
}

// A value out of range is an error at the start, which says what is allowed.
func TestRulesOutOfRange(t *testing.T) {
	t.Parallel()
	for want, rules := range map[string]sentrytest.Rules{
		"Deflate is 3, want DeflateAny, DeflateZlib or DeflateRaw":        {Deflate: 3},
		"Auth is -1, want AuthOnce, AuthQueryFirst or AuthDSNFirst":       {Auth: -1},
		"ProjectStatus is 399, want 400 to 599, or 0 for the default":     {ProjectStatus: 399},
		"OversizeStatus is 600, want 400 to 599, or 0 for the default":    {OversizeStatus: 600},
		"MissingAuthStatus is 200, want 400 to 599, or 0 for the default": {MissingAuthStatus: 200},
	} {
		_, err := sentrytest.Start(sentrytest.Differ(rules))
		NewWithT(t).Expect(err).To(MatchError("sentrytest: the option Differ: " + want))
	}
}

// A path that is misspelled looks right to people: the refusal says what is
// missing.
func TestAStrictServerSpellsPaths(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t, sentrytest.Strict())
	for _, path := range []string{"/api/1/store", "/pre/api/store/", "/nowhere"} {
		send(t, srv, http.MethodPost, path, vectorJSON)
	}
	rejected := srv.Rejected()
	g.Expect(rejected).To(HaveLen(3))
	g.Expect(rejected[0].String()).To(Equal("POST /api/1/store -> 404 not found: no such endpoint: /api/1/store; a strict server wants /api/1/store/"))
	g.Expect(rejected[1].Causes).To(Equal([]string{"no such endpoint: /pre/api/store/; a strict server wants /api/store/"}))
	g.Expect(rejected[2].Causes).To(Equal([]string{"no such endpoint: /nowhere"}))
}

// What a strict server refuses, and the default one takes.
func TestStrictRefusals(t *testing.T) {
	t.Parallel()
	srv, err := sentrytest.Start(sentrytest.Strict()) // NewServer would fail the test for the vector's warnings
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	own := "?sentry_key=" + srv.PublicKey()
	cases := []struct {
		name, path, body, header string
		status                   int
		reason                   string
	}{
		{"in order", "/api/1/store/" + own, vectorJSON, "X-Test: 1", 200, ""},
		{"the legacy path", "/api/store/" + own, vectorJSON, "X-Test: 1", 200, ""},
		{"no last slash", "/api/1/store" + own, vectorJSON, "X-Test: 1", 404, "not found"},
		{"repeated slashes", "/api//1/store/" + own, vectorJSON, "X-Test: 1", 404, "not found"},
		{"a prefix", "/pre/api/1/store/" + own, vectorJSON, "X-Test: 1", 404, "not found"},
		{"raw deflate", "/api/1/store/" + own, unbase64(t, vectorRaw), "Content-Encoding: deflate", 400, "invalid request body"},
		{"another key", "/api/1/store/?sentry_key=" + fullKey, vectorJSON, "X-Test: 1", 403, "event submission rejected with_reason: ProjectId"},
		{"a short key", "/api/1/store/?sentry_key=a", vectorJSON, "X-Test: 1", 400, "bad sentry DSN public key"},
		{"another project", "/api/2/store/" + own, vectorJSON, "X-Test: 1", 403, "event submission rejected with_reason: ProjectId"},
		{"a project that is no number", "/api/x/store/" + own, vectorJSON, "X-Test: 1", 400, "bad project path parameter"},
		{"another key, too large", "/api/1/store/?sentry_key=" + fullKey, strings.Repeat(" ", 2<<20), "X-Test: 1", 403, "event submission rejected with_reason: ProjectId"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g := NewWithT(t)
			lenient := sentrytest.NewServer(t)
			if c.status < 400 || !strings.Contains(c.name, "large") {
				g.Expect(send(t, lenient, http.MethodPost, c.path, c.body, c.header).Status).To(Equal(200))
			}
			srv.Clear()
			r := send(t, srv, http.MethodPost, c.path, c.body, c.header)
			g.Expect(r.Status).To(Equal(c.status))
			if c.status != 200 {
				g.Expect(srv.Rejected()[0].Reason).To(Equal(c.reason))
				g.Expect(srv.Events()).To(BeEmpty())
			}
		})
	}
}
