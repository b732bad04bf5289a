package ravenhttp_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenhttp"
)

type userKey struct{}

// signedIn copies the request, as handlers do that add to its context.
func signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, 1)))
	})
}

func mux(pattern string, handler http.Handler) *http.ServeMux {
	m := http.NewServeMux()
	m.Handle(pattern, handler)
	return m
}

func TestTheTransactionOfARoute(t *testing.T) {
	t.Parallel()
	strip := func(prefix string, next http.Handler) http.Handler { return http.StripPrefix(prefix, next) }
	for _, tt := range []struct {
		name, path, want string
		build            func(h http.Handler) http.Handler
	}{
		{"a mux", "/orders/17", "GET /orders/{order}", func(h http.Handler) http.Handler { return mux("/orders/{order}", h) }},
		{"with a method", "/orders/17", "GET /orders/{order}", func(h http.Handler) http.Handler { return mux("GET /orders/{order}", h) }},
		{"with a host", "/orders/17", "GET example.com/orders/{order}", func(h http.Handler) http.Handler { return mux("example.com/orders/{order}", h) }},
		{"of a folder", "/static/a/b.css", "GET /static/", func(h http.Handler) http.Handler { return mux("/static/", h) }},
		{"of a rest", "/static/a/b.css", "GET /static/{file...}", func(h http.Handler) http.Handler { return mux("/static/{file...}", h) }},
		{"behind a copy", "/orders/17", "GET /orders/{id}", func(h http.Handler) http.Handler { return signedIn(mux("/orders/{order}", h)) }},
		{"behind two copies", "/orders/17/lines/x-9", "GET /orders/{id}/lines/{id}", func(h http.Handler) http.Handler {
			return signedIn(signedIn(mux("/orders/{order}/lines/{line}", h)))
		}},
		{"behind a copy, with Route", "/orders/ada", "GET /orders/{order}", func(h http.Handler) http.Handler {
			return signedIn(ravenhttp.Route(mux("/orders/{order}", h)))
		}},
		{"behind a copy, with Route around the handler", "/orders/ada", "GET /orders/{order}", func(h http.Handler) http.Handler {
			return signedIn(mux("/orders/{order}", ravenhttp.Route(h)))
		}},
		{"a mux in a mux", "/api/users/9", "GET /api/users/{user}", func(h http.Handler) http.Handler { return mux("/api/", mux("/api/users/{user}", h)) }},
		{"stripped", "/api/users/9", "GET /api/users/{id}", func(h http.Handler) http.Handler {
			return mux("/api/", strip("/api", mux("/users/{user}", h)))
		}},
		{"stripped, behind a rest", "/api/users/9", "GET /api/users/{id}", func(h http.Handler) http.Handler {
			return mux("/api/{rest...}", strip("/api", mux("/users/{user}", h)))
		}},
		{"stripped of a wildcard", "/t/acme/users/9", "GET /t/{tenant}/users/{id}", func(h http.Handler) http.Handler {
			return mux("/t/{tenant}/", strip("/t/acme", mux("/users/{user}", h)))
		}},
		{"stripped, with Route", "/api/users/ada", "GET /api/users/{user}", func(h http.Handler) http.Handler {
			return mux("/api/", strip("/api", ravenhttp.Route(mux("GET /users/{user}", h))))
		}},
		{"three muxes", "/a/b/c/9", "GET /a/b/c/{id}", func(h http.Handler) http.Handler {
			return mux("/a/", strip("/a", mux("/b/", strip("/b", mux("/c/{c}", h)))))
		}},
		{"stripped, no mux", "/static/b.css", "GET /static/", func(h http.Handler) http.Handler { return mux("/static/", strip("/static", h)) }},
		{"no mux", "/v2/users/3fa85f64-5717-4562-b3fc-2c963f66afa6/photo", "GET /v2/users/{id}/photo", func(h http.Handler) http.Handler { return h }},
		{"a path of words", "/users/ada/posts", "GET /users/ada/posts", func(h http.Handler) http.Handler { return h }},
		{"segments that look like ids", "/a/deadbeef01/b/ada@example.com/c/oauth2/d/2024-05/e/x_1", "GET /a/{id}/b/{id}/c/oauth2/d/{id}/e/{id}", func(h http.Handler) http.Handler { return h }},
		{"the root", "/", "GET /", func(h http.Handler) http.Handler { return h }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, rec := clienttest.Recorded(t)
			h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { client.CaptureMessage(r.Context(), "m") })
			ravenhttp.Middleware(client)(tt.build(h)).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, tt.path, nil))
			NewWithT(t).Expect(rec.Events()[0].Transaction).To(Equal(tt.want))
		})
	}
}

// The middleware may itself be behind a mux.
func TestTheTransactionBehindAMux(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { client.CaptureMessage(r.Context(), "m") })
	m := http.NewServeMux()
	m.Handle("/orders/{order}", ravenhttp.Middleware(client)(h))
	m.Handle("/api/", ravenhttp.Middleware(client)(http.StripPrefix("/api", mux("/users/{user}", h))))
	m.Handle("/app/", ravenhttp.Middleware(client)(mux("/app/{page}", h)))
	for _, path := range []string{"/orders/17", "/api/users/9", "/app/start"} {
		m.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	var got []string
	for _, e := range rec.Events() {
		got = append(got, e.Transaction)
	}
	NewWithT(t).Expect(got).To(Equal([]string{"GET /orders/{order}", "GET /api/users/{id}", "GET /app/{page}"}))
}

func TestAPanicHasItsRoute(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("out of order") })
	handler := ravenhttp.Middleware(client)(mux("/api/", http.StripPrefix("/api", mux("/users/{user}", h))))
	func() {
		defer func() { _ = recover() }()
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/api/users/9", nil))
	}()
	NewWithT(t).Expect(rec.Events()[0].Transaction).To(Equal("GET /api/users/{id}"))
}

func TestRouteWithoutMiddleware(t *testing.T) {
	t.Parallel()
	called := false
	h := ravenhttp.Route(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { called = raven.FromContext(r.Context()) == nil }))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	NewWithT(t).Expect(called).To(BeTrue())
}
