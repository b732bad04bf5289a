package sentryhttpmock

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/jarcoal/httpmock"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// New starts a server in memory for the test, and returns it with a new mock in
// front of it. The server closes when the test ends. The options are those of
// sentrytest.NewServer. If the server can't start, New fails the test as
// NewServer does.
func New(tb sentrytest.TB, opts ...sentrytest.Option) (*httpmock.MockTransport, *sentrytest.Server) {
	tb.Helper()
	mock := httpmock.NewMockTransport()
	srv := sentrytest.NewServer(tb, append([]sentrytest.Option{sentrytest.InMemory()}, opts...)...)
	if srv != nil { // nil if tb's Fatalf returned
		Register(mock, srv)
	}
	return mock, srv
}

// Register makes the mock pass POST, GET and OPTIONS requests to the server,
// for the server's own address and for the given hosts. Hosts are for code
// under test whose DSN can't be changed, as in Register(mock, srv,
// "o1.ingest.sentry.io"). A host without a port matches any port, and each host
// matches http and https. The requests use the server's Client, so they need no
// sockets if the server is sentrytest.InMemory. They keep their Host header.
// An http server records them as http even if the client asked for https.
//
// The mock counts these calls like those of any other responder. The mock's
// Reset removes the server too.
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

// responder passes requests to the server, whatever their host is.
func responder(srv *sentrytest.Server) httpmock.Responder {
	client := srv.Client()
	base, err := url.Parse(srv.URL())
	if err != nil {
		panic("sentryhttpmock: " + err.Error()) // the server's own URL is valid
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
