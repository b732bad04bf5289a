package transport_test

import (
	"errors"
	"net/url"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// Only the proxy knows the host's name: hosts on loopback are never requested
// through a proxy.
func TestProxy(t *testing.T) {
	for _, c := range []struct {
		scheme, seen string
	}{
		{"http", "POST http://sentry.test/api/1/envelope/"},
		{"https", "CONNECT sentry.test:443"},
	} {
		t.Run(c.scheme, func(t *testing.T) {
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, sentrytest.ListenTLS(""), sentrytest.SANs("sentry.test"))
			dsn := c.scheme + "://k@sentry.test/1"
			through := func(proxy string) error {
				query := url.Values{"proxy": {proxy}}
				if c.scheme == "https" {
					query.Set("ca_certs", srv.CACertFile())
				}
				_, err := open(t, "sync+"+dsn+"?"+query.Encode(), transport.Env{}).Send(t.Context(), packet(t, dsn, eventID))
				return err
			}

			free := sentrytest.NewProxy(t, sentrytest.ProxyTo(srv))
			g.Expect(through(free.URL())).To(Succeed())
			g.Expect(free.Requests()[0].String()).To(Equal(c.seen + " (no credentials) -> 200"))

			guarded := sentrytest.NewProxy(t, sentrytest.ProxyTo(srv), sentrytest.ProxyAuth("me", "p@ss"))
			err := through("http://" + guarded.Addr())
			g.Expect(err).To(HaveOccurred())
			g.Expect(guarded.Requests()[0].String()).To(Equal(c.seen + " (no credentials) -> 407"))
			var answered *transport.APIError
			g.Expect(errors.As(err, &answered)).To(Equal(c.scheme == "http"), "a refused tunnel is not an answer: %v", err)

			g.Expect(through(guarded.URL())).To(Succeed())
			g.Expect(guarded.Requests()[1].String()).To(Equal(c.seen + " (user me) -> 200"))
			g.Expect(srv.Events()).To(HaveLen(2))
		})
	}
}
