package shop_test

import (
	"errors"
	"syscall"
	"testing"

	"github.com/ravenkit/ravenkit/docs/examples/testing/shop"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// A script sets the answers to the next requests. If the client does not reach
// a step, the test fails. The reset is scripted twice, because a request that
// dies unanswered on a kept connection is repeated once on a fresh one.
func TestOutageByScript(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	srv.Script(sentrytest.Status(503), sentrytest.Reset().Times(2))
	client := newClient(t, srv.DSN())

	_, err := client.Deliver(t.Context(), &raven.Event{Message: "one"})
	var refused *transport.APIError
	if !errors.As(err, &refused) || refused.Status != 503 {
		t.Errorf("got %v", err)
	}
	if _, err := client.Deliver(t.Context(), &raven.Event{Message: "two"}); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v", err)
	}
	if _, err := client.Deliver(t.Context(), &raven.Event{Message: "three"}); err != nil {
		t.Error(err)
	}
	sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("three"))
}

// A rule applies to all requests that meet its conditions.
func TestOutageByRule(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	srv.Rule(sentrytest.When(sentrytest.OnLevel(raven.LevelFatal)).Do(sentrytest.Status(413)))
	client := newClient(t, srv.DSN())

	if _, err := client.Deliver(t.Context(), &raven.Event{Message: "warm", Level: raven.LevelInfo}); err != nil {
		t.Error(err)
	}
	if _, err := client.Deliver(t.Context(), &raven.Event{Message: "it burns", Level: raven.LevelFatal}); err == nil {
		t.Error("want an error for a refusal")
	}
	sentrytest.RequireNoEvent(t, srv, sentrytest.HasLevel(raven.LevelFatal))
}

// Down refuses connections and breaks the open ones; Up uses the same port. The
// server keeps the events that it received before. The client holds the events
// that it captures meanwhile. Deliver makes one attempt.
func TestOutage(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	client := newClient(t, srv.DSN())

	srv.Down()
	_ = shop.Checkout(t.Context(), client, "order-17", 120_00)
	if _, err := client.Deliver(t.Context(), &raven.Event{Message: "now or never"}); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v", err)
	}

	if err := srv.Up(); err != nil {
		t.Fatal(err)
	}
	if err := client.Flush(t.Context()); err != nil {
		t.Errorf("the outage lost an event: %v", err)
	}
	sentrytest.RequireEvent(t, srv, sentrytest.HasException("", "order-17: card declined"))
	sentrytest.RequireNoEvent(t, srv, sentrytest.HasMessage("now or never"))
}

// A transport that makes one attempt, such as sync, loses the events of an
// outage, and Flush returns an error.
func TestOutageOfOneAttempt(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	client := newClient(t, "sync+"+srv.DSN())

	srv.Down()
	_ = shop.Checkout(t.Context(), client, "order-17", 120_00)
	var loss *raven.LossError
	if err := client.Flush(t.Context()); !errors.As(err, &loss) || loss.Lost[raven.OutcomeNetwork] != 1 {
		t.Errorf("want the loss as an error, got %v", err)
	}
}
