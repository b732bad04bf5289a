package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenhttp"
)

// errDeclined is not an error of the program, but worth reporting.
var errDeclined = errors.New("card declined")

type shop struct {
	client *raven.Client
	logger *slog.Logger
}

func newShop(client *raven.Client, logger *slog.Logger) *shop {
	return &shop{client: client, logger: logger}
}

// handler adds the middleware to all routes: each request has a Context of its
// own, and panics are reported and continue.
func (s *shop) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{id}/pay", s.pay)
	mux.HandleFunc("GET /panic", func(w http.ResponseWriter, _ *http.Request) {
		shelves := strings.Fields("socks shirts")
		fmt.Fprintln(w, shelves[2])
	})
	return ravenhttp.Middleware(s.client, ravenhttp.WithUser(customer))(mux)
}

// customer returns the user of a request for its events.
func customer(r *http.Request) raven.User {
	name, _, _ := r.BasicAuth()
	return raven.User{Username: name}
}

func (s *shop) pay(w http.ResponseWriter, r *http.Request) {
	ctx, order := r.Context(), r.PathValue("id")
	// The tag is added to the request's Context, so every later event has it.
	s.client.TagsContext(ctx, raven.Tags{"order": order})
	s.logger.InfoContext(ctx, "payment begins", "order", order)

	if err := charge(ctx, r.FormValue("card")); err != nil {
		// This is a normal log call. The error becomes the event's exception.
		s.logger.ErrorContext(ctx, "payment failed", "error", err, "attempt", 1)
		http.Error(w, "try another card", http.StatusPaymentRequired)
		return
	}
	fmt.Fprintln(w, "paid")
}

// charge needs no client for a breadcrumb: Record finds the Context.
func charge(ctx context.Context, card string) error {
	raven.Record(ctx, raven.Breadcrumb{Category: "bank", Message: "asking the bank", Data: map[string]any{"digits": len(card)}})
	if card == "4242" {
		return fmt.Errorf("charge: %w", errDeclined)
	}
	return nil
}
