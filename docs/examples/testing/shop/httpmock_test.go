package shop_test

import (
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"

	"github.com/ravenkit/ravenkit/docs/examples/testing/shop"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/sentryhttpmock"
	"github.com/ravenkit/ravenkit/transport"
)

// If HTTP is mocked already, Sentry is one more host in the mock.
func TestHTTPMock(t *testing.T) {
	t.Parallel()
	mock, srv := sentryhttpmock.New(t)
	mock.RegisterResponder("DELETE", "https://bank.example/payments/order-17", httpmock.NewStringResponder(502, ""))
	outside := &http.Client{Transport: mock}
	client := newClient(t, srv.DSN(), raven.WithEnv(transport.Env{HTTPClient: outside}))

	if err := shop.Refund(t.Context(), outside, client, "order-17"); err == nil {
		t.Error("want an error for the bank's failure")
	}

	sentrytest.RequireEvent(t, srv, sentrytest.HasException("", "the bank answered 502 Bad Gateway"), sentrytest.HasTag("order", "order-17"))
}
