package shop_test

import (
	"testing"

	"github.com/ravenkit/ravenkit/docs/examples/testing/shop"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// The proxy sends the requests for every host to the server.
func TestProxy(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewTLSServer(t, sentrytest.SANs("sentry.example"))
	proxy := sentrytest.NewProxy(t, sentrytest.ProxyTo(srv), sentrytest.ProxyAuth("shop", "secret"))
	client := newClient(t, "https://"+srv.PublicKey()+"@sentry.example/1?ca_certs="+srv.CACertFile()+"&proxy="+proxy.URL())

	_ = shop.Checkout(t.Context(), client, "order-17", 120_00)

	sentrytest.RequireEvent(t, srv, sentrytest.HasTag("shop", "lyon"))
	if asked := proxy.Requests()[0]; asked.Method != "CONNECT" || asked.Target != "sentry.example:443" || asked.User != "shop" {
		t.Errorf("the proxy got %s", asked)
	}
}
