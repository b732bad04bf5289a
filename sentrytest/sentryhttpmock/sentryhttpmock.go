package sentryhttpmock

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/jarcoal/httpmock"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// New starts a server in memory for the test, and returns it behind a mock of its own. The server closes with the test;
// the options are those of sentrytest.NewServer, which makes it, and it fails the test as that does.
func New(tb sentrytest.TB, opts ...sentrytest.Option) (*httpmock.MockTransport, *sentrytest.Server) {
	tb.Helper()
	mock := httpmock.NewMockTransport()
	srv := sentrytest.NewServer(tb, append([]sentrytest.Option{sentrytest.InMemory()}, opts...)...)
	if srv != nil { // nil after the Fatalf of a TB that goes on
		Register(mock, srv)
	}
	return mock, srv
}

// Register lets the server answer what the mock is asked by POST, GET and OPTIONS at the server's own address and on the
// given hosts. Hosts are for code under test whose DSN can't be changed, as in Register(mock, srv, "o1.ingest.sentry.io").
// A host without a port stands for all its ports, and every host for http and https. Requests to them reach the server by its Client, hence without sockets if it is
// sentrytest.InMemory; they keep their Host header, and are recorded as http even if they were asked for as https.
//
// The mock counts the calls as it does for any other responder. Its Reset forgets the server as well.
func Register(mock *httpmock.MockTransport, srv *sentrytest.Server, hosts ...string) {
	own := []string{srv.Addr()}
	if u, err := url.Parse(srv.TLSURL()); err == nil && u.Host != "" && u.Host != srv.Addr() {
		own = append(own, u.Host)
	}
	answer := responder(srv)
	for _, host := range append(own, hosts...) {
		pattern := regexp.MustCompile(`^https?://` + regexp.QuoteMeta(strings.ToLower(host)) + `(:\d+)?(/|$)`)
		for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodOptions} {
			mock.RegisterRegexpResponder(method, pattern, answer)
		}
	}
}

// responder passes requests on to the server, whatever host they were meant for.
func responder(srv *sentrytest.Server) httpmock.Responder {
	client := srv.Client()
	base, err := url.Parse(srv.URL())
	if err != nil {
		panic("sentryhttpmock: " + err.Error()) // a server's URL is one
	}
	return func(asked *http.Request) (*http.Response, error) {
		r := asked.Clone(asked.Context())
		if r.Host == "" {
			r.Host = asked.URL.Host
		}
		r.URL.Scheme, r.URL.Host = base.Scheme, base.Host
		resp, err := client.Transport.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		resp.Request = asked
		return resp, nil
	}
}
