package shop_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ravenkit/ravenkit/docs/examples/testing/shop"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// No socket, and a fake clock: five seconds of timeout and half a minute of
// Retry-After take no time.
func TestNoNetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Script(sentrytest.Hang(), sentrytest.Status(429).RetryAfter("30"))
		client := newClient(t, srv.DSN(), raven.WithEnv(transport.Env{DialContext: srv.DialContext}))

		start := time.Now()
		_, err := client.Deliver(t.Context(), &raven.Event{Message: "hello?"})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}

		var limited *transport.RateLimitedError
		if _, err := client.Deliver(t.Context(), &raven.Event{Message: "hello?"}); !errors.As(err, &limited) {
			t.Errorf("got %v", err)
		}
		time.Sleep(31 * time.Second)
		_ = shop.Checkout(t.Context(), client, "order-17", 120_00)
		sentrytest.RequireEvent(t, srv, sentrytest.HasException("", "order-17: card declined"))
	})
}
