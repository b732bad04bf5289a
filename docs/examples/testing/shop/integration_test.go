package shop_test

import (
	"context"
	"testing"

	"github.com/ravenkit/ravenkit/docs/examples/testing/shop"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// newClient makes a client that ends with the test.
func newClient(t *testing.T, dsn string, opts ...raven.Option) *raven.Client {
	t.Helper()
	client, err := raven.New(dsn, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(context.Background()) }) // what was lost is for the test to say
	return client
}

// The whole way: the real client, the real wire format, a real HTTP server.
func TestIntegration(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	client := newClient(t, srv.DSN())

	_ = shop.Checkout(t.Context(), client, "order-17", 120_00)

	sentrytest.RequireEvent(t, srv, sentrytest.HasException("", "order-17: card declined"), sentrytest.HasTag("shop", "lyon"))
}

// The same over https. The client trusts the server's CA because its DSN says
// so.
func TestIntegrationOverTLS(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewTLSServer(t)
	client := newClient(t, srv.DSN(sentrytest.DSNParam("ca_certs", srv.CACertFile())))

	_ = shop.Checkout(t.Context(), client, "order-17", 120_00)

	sentrytest.RequireEvent(t, srv, sentrytest.HasTag("shop", "lyon"))
}

// That something is not reported can be said as well, once the client has sent
// what it had.
func TestNothingIsReported(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	client := newClient(t, srv.DSN())

	if err := shop.Checkout(t.Context(), client, "order-18", 99_00); err != nil {
		t.Fatal(err)
	}

	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	sentrytest.RequireNoEvent(t, srv)
}
