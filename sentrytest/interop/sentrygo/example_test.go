package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/getsentry/sentry-go"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// checkout is code of an application. It takes the hub from its context, where
// sentry-go's middleware puts it.
func checkout(ctx context.Context, order string) error {
	err := fmt.Errorf("order %s: %w", order, errors.New("card declined"))
	hub := sentry.GetHubFromContext(ctx)
	hub.Scope().SetTag("shop", "lyon")
	hub.CaptureException(err)
	return err
}

// report makes a client of the official SDK for one test, and a context with
// its own hub. Nothing is global, so tests can run in parallel.
func report(t *testing.T, srv *sentrytest.Server) context.Context {
	t.Helper()
	client, err := sentry.NewClient(sentry.ClientOptions{Dsn: srv.DSN(), Environment: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return sentry.SetHubOnContext(t.Context(), sentry.NewHub(client, sentry.NewScope()))
}

func TestCheckoutReportsDeclinedCards(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	ctx := report(t, srv)

	if err := checkout(ctx, "order-17"); err == nil {
		t.Fatal("the card was not declined")
	}

	e := sentrytest.RequireEvent(t, srv,
		sentrytest.HasException("", "card declined"),
		sentrytest.HasTag("shop", "lyon"),
		sentrytest.HasEnvironment("test"))
	if e.SDK.Name != "sentry.go" {
		t.Errorf("the event came from %q", e.SDK.Name)
	}
}

// The official SDK does not retry refused events, so an outage loses the event.
// The script proves that the SDK made exactly one attempt.
func TestOutageLosesTheReport(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	srv.Script(sentrytest.Status(503))
	ctx := report(t, srv)

	if err := checkout(ctx, "order-18"); err == nil {
		t.Fatal("the card was not declined")
	}

	if !sentry.GetHubFromContext(ctx).Client().Flush(10 * time.Second) {
		t.Fatal("the SDK did not finish")
	}
	sentrytest.RequireNoEvent(t, srv)
}

// Views of their own show the other items of envelopes. Wait knows only events,
// so flush, let the server settle, and read the view.
func TestTheNightlyJobChecksIn(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	hub := sentry.GetHubFromContext(report(t, srv))

	hub.CaptureCheckIn(&sentry.CheckIn{MonitorSlug: "nightly", Status: sentry.CheckInStatusOK, Duration: time.Minute}, nil)

	if !hub.Client().Flush(10 * time.Second) {
		t.Fatal("the SDK did not finish")
	}
	if err := srv.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkIns := srv.CheckIns()
	if len(checkIns) != 1 || checkIns[0].MonitorSlug != "nightly" || checkIns[0].Status != "ok" {
		t.Fatalf("got %+v", checkIns)
	}
	for _, finding := range checkIns[0].Findings {
		t.Errorf("%s", finding)
	}
}

// The official SDK's events follow the protocol: a strict server fails the test
// for each warning.
func TestOrdinaryEventsPassAStrictServer(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t, sentrytest.Strict())
	ctx := report(t, srv)
	hub := sentry.GetHubFromContext(ctx)

	hub.AddBreadcrumb(&sentry.Breadcrumb{Category: "cart", Message: "opened"}, nil)
	hub.Scope().SetUser(sentry.User{ID: "42"})
	hub.CaptureMessage("hello")
	if err := checkout(ctx, "order-19"); err == nil {
		t.Fatal("the card was not declined")
	}
	hub.CaptureCheckIn(&sentry.CheckIn{MonitorSlug: "nightly", Status: sentry.CheckInStatusOK}, nil)
	if !hub.Client().Flush(10 * time.Second) {
		t.Fatal("the SDK did not finish")
	}

	sentrytest.RequireEvents(t, srv, 2)
	if n := len(srv.CheckIns()); n != 1 {
		t.Errorf("%d check-ins arrived", n)
	}
}
