package shop_test

import (
	"testing"

	"github.com/ravenkit/ravenkit/docs/examples/testing/shop"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestDeclinedCardsAreReported(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t) // closed with the test

	client, err := raven.New(srv.DSN()) // or any other SDK, in any language
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(t.Context())
	_ = shop.Checkout(t.Context(), client, "order-17", 120_00) // your code

	sentrytest.RequireEvent(t, srv, sentrytest.HasException("", "order-17: card declined"))
}
