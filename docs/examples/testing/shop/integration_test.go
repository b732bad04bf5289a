package shop_test

import (
	"context"
	"testing"

	"github.com/ravenkit/ravenkit/docs/examples/testing/shop"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// newClient makes a client and closes it at the end of the test.
func newClient(t *testing.T, dsn string, opts ...raven.Option) *raven.Client {
	t.Helper()
	client, err := raven.New(dsn, opts...)
	if err != nil {
		t.Fatal(err)
	}
	// The test checks for losses.
	t.Cleanup(func() { _ = client.Close(context.Background()) })
	return client
}

// The complete path: the real client, the real wire format, a real HTTP server.
func TestIntegration(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	client := newClient(t, srv.DSN())

	_ = shop.Checkout(t.Context(), client, "order-17", 120_00)

	sentrytest.RequireEvent(t, srv, sentrytest.HasException("", "order-17: card declined"), sentrytest.HasTag("shop", "lyon"))
}

// The same with https. The DSN has the server's CA, so the client trusts it.
func TestIntegrationOverTLS(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewTLSServer(t)
	client := newClient(t, srv.DSN(sentrytest.DSNParam("ca_certs", srv.CACertFile())))

	_ = shop.Checkout(t.Context(), client, "order-17", 120_00)

	sentrytest.RequireEvent(t, srv, sentrytest.HasTag("shop", "lyon"))
}

// A test can also require that something is not reported, after the client has
// sent all events.
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
