package shop_test

import (
	"context"
	"log"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"

	"github.com/ravenkit/ravenkit/docs/examples/testing/shop"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// TestMain lets this binary be the program that TestOtherProcess starts.
func TestMain(m *testing.M) {
	if order := os.Getenv("SHOP_ORDER"); order != "" {
		program(order)
		return
	}
	goleak.VerifyTestMain(m)
}

// program is an application's main function.
func program(order string) {
	client, err := raven.New("") // SENTRY_DSN
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close(context.Background())
	_ = shop.Checkout(context.Background(), client, order, 120_00)
}

// A process in any language: it needs only the DSN.
func TestOtherProcess(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "SENTRY_DSN="+srv.DSN(), "SHOP_ORDER=order-17")

	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	sentrytest.RequireEvent(t, srv, sentrytest.HasException("", "order-17: card declined"))
}
