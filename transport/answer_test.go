package transport_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// mockClient returns a client whose requests never reach a socket. It uses an
// instance: httpmock's global one would race between parallel tests.
func mockClient() *http.Client { return &http.Client{Transport: httpmock.NewMockTransport()} }

// answering opens sync+https on a mock that gives every packet the same answer.
func answering(t *testing.T, query string, responder httpmock.Responder) transport.Transport {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodPost, "https://sentry.test/api/1/envelope/", responder)
	return open(t, "sync+https://k@sentry.test/1"+query, transport.Env{HTTPClient: &http.Client{Transport: mock}})
}

func TestStatusDecidesTheOutcome(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		header  http.Header
		body    string
		wantErr string // "" for success
		retry   bool
	}{
		"200":                 {status: 200, body: `{"id":"abc"}`},
		"201":                 {status: 201, body: `{}`},
		"204, nothing":        {status: 204},
		"301":                 {status: 301, header: http.Header{"Location": {"/x"}}, wantErr: "status 301 (redirects are not followed; put the final address into the DSN)"},
		"302":                 {status: 302, wantErr: "status 302 (redirects"},
		"307":                 {status: 307, wantErr: "status 307 (redirects"},
		"400, in the header":  {status: 400, header: http.Header{"X-Sentry-Error": {"bad event"}}, body: `{"detail":"other"}`, wantErr: "server refused event " + eventID + " with status 400: bad event"},
		"400, in the body":    {status: 400, body: `{"detail":"invalid event envelope","causes":["missing newline"]}`, wantErr: "status 400: invalid event envelope: missing newline"},
		"400, of old servers": {status: 400, body: `{"error":"invalid"}`, wantErr: "status 400: invalid"},
		"401":                 {status: 401, wantErr: "status 401"},
		"403":                 {status: 403, body: `{"detail":"event submission rejected with_reason: ProjectId"}`, wantErr: "with_reason: ProjectId"},
		"404, a web page":     {status: 404, body: `<html>`, wantErr: "with status 404"},
		"413":                 {status: 413, wantErr: "status 413"},
		"429":                 {status: 429, header: http.Header{"Retry-After": {"30"}}, wantErr: "rate limiting (event " + eventID + ", retry after 30s)", retry: true},
		"500":                 {status: 500, wantErr: "status 500", retry: true},
		"501":                 {status: 501, wantErr: "status 501"},
		"503":                 {status: 503, body: `{"detail":"the service is overloaded"}`, wantErr: "status 503: the service is overloaded", retry: true},
		"control characters":  {status: 400, header: http.Header{"X-Sentry-Error": {"a\x1b[31mb\xff"}}, wantErr: "status 400: a [31mb?"},
		"a long message":      {status: 400, header: http.Header{"X-Sentry-Error": {strings.Repeat("x", 9000)}}, wantErr: strings.Repeat("x", 500) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			tr := answering(t, "", func(*http.Request) (*http.Response, error) {
				r := httpmock.NewStringResponse(c.status, c.body)
				r.Header = c.header.Clone()
				return r, nil
			})
			got, err := tr.Send(t.Context(), packet(t, "https://k@sentry.test/1", eventID))
			if c.wantErr == "" {
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(got.Status).To(Equal(c.status))
				return
			}
			g.Expect(got).To(BeNil())
			g.Expect(err).To(MatchError(ContainSubstring(c.wantErr)))
			g.Expect(transport.Retryable(err)).To(Equal(c.retry))
			var api *transport.APIError
			if c.status != 429 {
				g.Expect(errors.As(err, &api)).To(BeTrue())
				g.Expect(api.Status).To(Equal(c.status))
			}
		})
	}
}

func TestTheServersIDAndLimitsComeBack(t *testing.T) {
	g := NewWithT(t)
	tr := answering(t, "", httpmock.NewStringResponder(200, `{"id":"`+eventID+`"}`).HeaderAdd(http.Header{"X-Sentry-Rate-Limits": {"60:error"}}))
	got, err := tr.Send(t.Context(), packet(t, "https://k@sentry.test/1", eventID))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(got.EventID).To(Equal(eventID))
	g.Expect(time.Until(got.RateLimits.Deadline("error"))).To(BeNumerically("~", time.Minute, 10*time.Second))
}

// Programs print the id and look up events with it.
func TestOnlyAValidIDIsReturned(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{`{"id":"` + eventID + `"}`, eventID},
		{` { "x": 1, "id" : "` + eventID + `" } `, eventID},
		{`{"id":"` + strings.ToUpper(eventID) + `"}`, strings.ToUpper(eventID)},
		{`{"id":"abc"}`, ""},
		{`{"id":"` + strings.Repeat("x", 10_000) + `"}`, ""},
		{`{"id":"` + eventID[:31] + "\x1b" + `"}`, ""},
		{`{"id":"` + eventID[:31] + `\u001b"}`, ""},
		{`{"id":"` + eventID + `\u001b[2J"}`, ""},
		{`{"id":"fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0"}`, ""},
		{`{"id":"` + eventID[:30] + "\u00e9" + `"}`, ""},
		{`{"id":17}`, ""},
		{`["` + eventID + `"]`, ""},
		{`{"id":"` + eventID + `"`, ""},
	} {
		t.Run(c.body[:min(len(c.body), 60)], func(t *testing.T) {
			g := NewWithT(t)
			tr := answering(t, "", httpmock.NewStringResponder(200, c.body))
			got, err := tr.Send(t.Context(), packet(t, "https://k@sentry.test/1", eventID))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got.EventID).To(Equal(c.want))
		})
	}
}

func TestRateLimited(t *testing.T) {
	for name, c := range map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"Retry-After":        {http.Header{"Retry-After": {"30"}}, 30 * time.Second},
		"neither header":     {nil, time.Minute},
		"limits":             {http.Header{"X-Sentry-Rate-Limits": {"90:error, 5::"}, "Retry-After": {"1"}}, 90 * time.Second},
		"other categories":   {http.Header{"X-Sentry-Rate-Limits": {"90:transaction"}}, 0},
		"with a Retry-After": {http.Header{"X-Sentry-Rate-Limits": {"90:transaction"}, "Retry-After": {"7"}}, 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			tr := answering(t, "", httpmock.NewStringResponder(429, "").HeaderAdd(c.header))
			_, err := tr.Send(t.Context(), packet(t, "https://k@sentry.test/1", eventID))
			var limited *transport.RateLimitedError
			g.Expect(errors.As(err, &limited)).To(BeTrue())
			g.Expect(limited.RetryAfter).To(Equal(c.want))
			g.Expect(limited.EventID).To(Equal(eventID))
		})
	}
}

func TestRequestOnTheWire(t *testing.T) {
	for name, c := range map[string]struct{ query, encoding, magic string }{
		"by default":   {"", "gzip", "\x1f\x8b"},
		"gzip":         {"?compression=gzip", "gzip", "\x1f\x8b"},
		"deflate":      {"?compression=deflate", "deflate", "\x78"},
		"uncompressed": {"?compression=none", "", `{"event_id"`},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var seen *http.Request
			var body []byte
			tr := answering(t, c.query, func(r *http.Request) (*http.Response, error) {
				seen = r
				body, _ = io.ReadAll(r.Body)
				return httpmock.NewStringResponse(200, "{}"), nil
			})
			p := packet(t, "https://k@sentry.test/1", eventID)
			before := p.Header.Clone()
			_, err := tr.Send(t.Context(), p)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(seen.Header.Get("Content-Encoding")).To(Equal(c.encoding))
			g.Expect(seen.Header.Get("X-Sentry-Auth")).To(Equal("Sentry sentry_version=7, sentry_key=k"))
			g.Expect(seen.Header.Get("Content-Type")).To(Equal("application/x-sentry-envelope"))
			g.Expect(seen.ContentLength).To(Equal(int64(len(body))))
			g.Expect(string(body)).To(HavePrefix(c.magic))
			g.Expect(p.Header).To(Equal(before), "the packet is only read")
		})
	}
}

func TestRetryable(t *testing.T) {
	g := NewWithT(t)
	g.Expect(transport.Retryable(nil)).To(BeFalse())
	g.Expect(transport.Retryable(transport.ErrClosed)).To(BeFalse())
	g.Expect(transport.Retryable(transport.ErrQueueFull)).To(BeTrue())
	g.Expect(transport.Retryable(&transport.NetworkError{Err: io.ErrUnexpectedEOF})).To(BeTrue())
	g.Expect(transport.Retryable(errors.New("anything"))).To(BeFalse())
}

// Servers and proxies may repeat parts of the request.
func TestSecretsInAnswersAreMasked(t *testing.T) {
	// Keys are taken literally.
	const dsn, secret = "https://k@sentry.test/1", "s%C3%A9cret/+key"
	for name, c := range map[string]struct {
		auth, echoed string
		status       int
		header       bool
	}{
		"in the header":        {echoed: "bad auth: Sentry sentry_key=k, sentry_secret=" + secret, status: 401, header: true},
		"in the body":          {echoed: "no " + secret, status: 403},
		"escaped":              {echoed: url.QueryEscape(secret), status: 400},
		"in a path":            {echoed: url.PathEscape(secret), status: 400},
		"across the end":       {echoed: strings.Repeat("x", 494) + secret, status: 400},
		"of a rate limit":      {echoed: secret, status: 429, header: true},
		"a header of your own": {auth: "Sentry sentry_secret=" + secret + ", sentry_key=k", echoed: secret, status: 401},
		"of another kind":      {auth: "Bearer " + secret, echoed: "unknown " + secret, status: 401},
		"without a kind":       {auth: secret, echoed: "unknown " + secret, status: 401},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			p := packet(t, dsn, eventID)
			p.Header = http.Header{"X-Sentry-Auth": {"Sentry sentry_version=7, sentry_key=k, sentry_secret=" + secret}}
			if c.auth != "" {
				p.Header.Set("X-Sentry-Auth", c.auth)
			}
			r := &transport.Reply{Status: c.status, Header: http.Header{"X-Sentry-Error": {c.echoed}}}
			if !c.header {
				body, err := json.Marshal(map[string]string{"detail": c.echoed})
				g.Expect(err).NotTo(HaveOccurred())
				r = &transport.Reply{Status: c.status, Header: http.Header{}, Body: body}
			}
			_, err := transport.Answer(p, r)
			g.Expect(fmt.Sprintf("%v %+v", err, err)).To(And(ContainSubstring("xxxxx"), Not(ContainSubstring("9cret"))))
		})
	}
}

func TestSecretsInAnswersThatAreNotHTTPAreMasked(t *testing.T) {
	g := NewWithT(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	served := make(chan struct{})
	go func() {
		defer close(served)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 "+strings.ReplaceAll(r.Header.Get("X-Sentry-Auth"), " ", "")+"\r\n\r\n")
		}
	}()
	defer func() { listener.Close(); <-served }()
	dsn := "http://k:sesame@" + listener.Addr().String() + "/1"
	p := packet(t, dsn, eventID)
	p.Header = http.Header{"X-Sentry-Auth": {"Sentry sentry_key=k, sentry_secret=sesame"}}
	_, err = open(t, "sync+"+dsn+"?proxy=none", transport.Env{}).Send(t.Context(), p)
	var network *transport.NetworkError
	g.Expect(errors.As(err, &network)).To(BeTrue())
	g.Expect(err.Error()).To(And(ContainSubstring("sentry_secret=xxxxx"), Not(ContainSubstring("sesame"))))
}
