package shop_test

import (
	"testing"

	"github.com/ravenkit/ravenkit/docs/examples/testing/shop"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transporttest"
)

// A unit test without I/O: a recorder replaces the transport.
func TestUnit(t *testing.T) {
	t.Parallel()
	rec := transporttest.NewRecorder()
	client := newClient(t, "https://key@sentry.example/1", raven.WithTransport(rec))

	if err := shop.Checkout(t.Context(), client, "order-17", 120_00); err == nil {
		t.Fatal("the card was not declined")
	}

	e := sentrytest.RequireEvent(t, rec,
		sentrytest.HasException("*shop.DeclinedError", "order-17: card declined"),
		sentrytest.HasTag("shop", "lyon"),
		sentrytest.HasExtra("cents", 120_00),
		sentrytest.HasFrame("Checkout"))
	if e.Level != "error" {
		t.Errorf("level %q", e.Level)
	}
}

// Code that makes its own client: every DSN leads to the recorder until the
// test ends. This changes the registry of the process, so the test can't be
// parallel.
func TestUnitWithoutAccessToTheClient(t *testing.T) {
	rec := transporttest.NewRecorder()
	transporttest.Swap(t, rec)
	t.Setenv("SENTRY_DSN", "https://key@sentry.example/1")

	program("order-17")

	sentrytest.RequireEvent(t, rec, sentrytest.HasException("", "order-17: card declined"))
}
