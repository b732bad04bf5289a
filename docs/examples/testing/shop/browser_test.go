package shop_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// A browser asks whether the page may send to another origin, and then sends.
// Here net/http does the same.
func TestBrowser(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	ingest := srv.URL() + "/api/1/envelope/?sentry_version=7&sentry_key=" + srv.PublicKey()

	ask, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, ingest, nil)
	if err != nil {
		t.Fatal(err)
	}
	ask.Header.Set("Origin", "https://shop.example")
	ask.Header.Set("Access-Control-Request-Method", "POST")
	ask.Header.Set("Access-Control-Request-Headers", "x-sentry-auth")
	resp, err := srv.Client().Do(ask)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if origin := resp.Header.Get("Access-Control-Allow-Origin"); origin != "*" {
		t.Fatalf("pages of %q may send", origin)
	}
	if headers := resp.Header.Get("Access-Control-Allow-Headers"); !strings.Contains(headers, "x-sentry-auth") {
		t.Fatalf("pages may send the headers %q", headers)
	}

	envelope := "{}\n" + `{"type":"event"}` + "\n" + `{"message":"cart is undefined","platform":"javascript"}` + "\n"
	post, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ingest, strings.NewReader(envelope))
	if err != nil {
		t.Fatal(err)
	}
	post.Header.Set("Origin", "https://shop.example")
	// This type needs no preflight request.
	post.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	resp, err = srv.Client().Do(post)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()

	e := sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("cart is undefined"))
	if origin := e.Received.Header.Get("Origin"); origin != "https://shop.example" {
		t.Errorf("it came from %q", origin)
	}
}
