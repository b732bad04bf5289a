package shop_test

import (
	"errors"
	"testing"

	"github.com/ravenkit/ravenkit/docs/examples/testing/shop"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// Every test has a part of a shared server: a key, a project, a DSN.
func TestTenants(t *testing.T) {
	t.Parallel()
	// Or one of sentrytest.Start, made in TestMain.
	srv := sentrytest.NewServer(t)
	for _, order := range []string{"order-17", "order-18"} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			tenant := srv.Tenant(t)
			client := newClient(t, tenant.DSN())
			_ = shop.Checkout(t.Context(), client, order, 120_00)
			sentrytest.RequireEvents(t, tenant, 1, sentrytest.HasException("", order+": card declined"))
			if n := len(tenant.Events()); n != 1 {
				t.Errorf("%d events", n)
			}
		})
	}
}

// The whole event is the same as in testdata/TestGolden.golden.json.
func TestGolden(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	client := newClient(t, srv.DSN(), raven.WithRelease("shop@1"), raven.WithEnvironment("test"))

	_ = shop.Checkout(t.Context(), client, "order-17", 120_00)

	sentrytest.Golden(t, sentrytest.RequireEvent(t, srv))
}

// Unexpected events fail the test at its end.
func TestNothingElseIsReported(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t, sentrytest.FailOnUnclaimed(), sentrytest.Allow(sentrytest.HasLevel("info")))
	client := newClient(t, srv.DSN())

	client.CaptureMessage(t.Context(), "the shop opens", raven.LevelInfo)
	_ = shop.Checkout(t.Context(), client, "order-17", 120_00)

	sentrytest.RequireEvent(t, srv, sentrytest.HasException("", "order-17: card declined"))
}

// The secret must not appear in any header, field or encoding.
func TestTheSecretStays(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	canary := sentrytest.Canary(t, srv)
	client := newClient(t, srv.DSN())

	client.CaptureMessage(t.Context(), "login failed", raven.Extra{"password": canary.Secret()})

	sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("login failed"))
}

// Every event that the client accepted arrives, although the server broke
// connections.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	srv.Script(sentrytest.OK().ThenClose().Times(2))
	client := newClient(t, srv.DSN())

	for range 10 {
		_ = shop.Checkout(t.Context(), client, "order-17", 120_00)
	}

	// The client has the method Ledger.
	sentrytest.RequireNoLoss(t, client, srv)
}

// Events that belong together form one issue, as far as a preview can tell.
func TestIssues(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	client := newClient(t, srv.DSN())

	for _, order := range []string{"order-17", "order-18"} {
		_ = shop.Checkout(t.Context(), client, order, 120_00)
	}
	client.CaptureException(t.Context(), errors.New("no stock"))

	declined := sentrytest.RequireEvents(t, srv, 2, sentrytest.HasException("*shop.DeclinedError", ""))
	other := sentrytest.RequireEvent(t, srv, sentrytest.HasException("", "no stock"))
	sentrytest.RequireSameIssue(t, declined[0], declined[1])
	sentrytest.RequireSeparateIssues(t, declined[0], other)
}

// A strict server fails the test for everything that a real server would drop,
// cut or replace. Deprecated forms are reported only with an option.
func TestStrict(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t, sentrytest.Strict())
	client := newClient(t, srv.DSN())

	_ = shop.Checkout(t.Context(), client, "order-17", 120_00)

	sentrytest.RequireEvent(t, srv)
	for _, finding := range srv.Findings() {
		t.Errorf("%s", finding)
	}
}
