package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// Config says what an API is about.
type Config struct {
	Store   *store.Store
	Faults  func() Faults                                     // called for each request that is about faults
	DSN     func(r *http.Request, key, project string) string // http, or as the public URL has it, as the client reaches the server
	TLSDSN  func(r *http.Request, key, project string) string // https; "" when there is none
	Key     string                                            // of the DSN that everybody shares
	Project string                                            // of the DSN that everybody shares
	Version string                                            // of the program
	Guard   Guard
	// Lifetime ends the requests that wait and stream, before the server itself ends.
	Lifetime context.Context
}

// Faults is the switchboard of a server's faults: a *sentrytest.Server.
type Faults interface {
	SetFaults(faults ...sentrytest.Fault) error
	Faults() []sentrytest.Fault
	ClearFaults()
}

// API serves the addresses of the package's overview.
type API struct {
	cfg Config
	mux *http.ServeMux
}

// New returns an API.
func New(cfg Config) *API {
	a := &API{cfg: cfg, mux: http.NewServeMux()}
	for pattern, to := range a.routes() {
		a.mux.HandleFunc(pattern, to.serve)
	}
	a.mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		if methods := a.methods(r); len(methods) > 0 {
			w.Header().Set("Allow", strings.Join(methods, ", "))
			fail(w, http.StatusMethodNotAllowed, fmt.Errorf("%s does not take %s: it takes %s", r.URL.Path, r.Method, strings.Join(methods, ", ")))
			return
		}
		fail(w, http.StatusNotFound, fmt.Errorf("%s is no address of this API; /api/v1/openapi.json has them all", r.URL.Path))
	})
	return a
}

// Page is what serves the addresses that are neither ingest's nor the API's.
type Page interface {
	http.Handler
	// Has reports whether the page has the address of the request, for its method.
	Has(r *http.Request) bool
}

// Handler returns the handler of a whole server: events go to ingest, requests for the API's addresses to the API, and
// everything else to page. What a client sends to an address that nobody has goes to ingest too, which refuses it: a DSN
// or a tunnel that leads astray is seen then.
func (a *API) Handler(ingest http.Handler, page Page) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/", a.mux)
	mux.Handle("/stream", a.mux)
	mux.Handle("/", page)
	guarded := a.cfg.Guard.Protect(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Ingest is asked first: http.ServeMux would redirect its paths with repeated slashes.
		spotlight := r.URL.Path == "/stream" && (r.Method == http.MethodPost || r.Method == http.MethodOptions)
		if sentrytest.IsIngest(r.URL.Path) || spotlight || a.astray(r, page) {
			ingest.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

// astray reports whether a client has sent the request to an address that neither the API nor the page has. Below
// /api/v1 it is for the API to say what is wrong.
func (a *API) astray(r *http.Request, page Page) bool {
	if strings.HasPrefix(r.URL.Path, "/api/v1/") || !sends(r) {
		return false
	}
	if r.Method == http.MethodOptions { // the browser asks for the request that it is about to make
		r = r.Clone(r.Context())
		r.Method = r.Header.Get("Access-Control-Request-Method")
	}
	return len(a.methods(r)) == 0 && !page.Has(r)
}

// sends reports whether a request is one of those that clients of Sentry make, and not the question of a browser or a
// program for something to read.
func sends(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return r.Header.Get("X-Sentry-Auth") != "" || r.URL.Query().Has("sentry_key")
	case http.MethodOptions:
		return r.Header.Get("Access-Control-Request-Method") != ""
	}
	return true
}

// lifetime returns a context that ends with the request or with the API, whichever is first.
func (a *API) lifetime(r *http.Request) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(r.Context())
	stop := context.AfterFunc(a.cfg.Lifetime, func() { cancel(errEnding) })
	return ctx, func() { stop(); cancel(nil) }
}

var errEnding = fmt.Errorf("the server is shutting down")
