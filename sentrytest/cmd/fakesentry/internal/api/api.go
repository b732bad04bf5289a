package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// Config configures an API.
type Config struct {
	Store   *store.Store
	Faults  func() Faults                                     // called for each request about faults
	DSN     func(r *http.Request, key, project string) string // with the host that the client used
	TLSDSN  func(r *http.Request, key, project string) string // https; "" without TLS
	Key     string                                            // of the shared DSN
	Project string                                            // of the shared DSN
	Version string                                            // of the program
	Guard   Guard
	// Lifetime ends the waits and streams before the server itself ends.
	Lifetime context.Context
}

// Faults holds a server's faults: a *sentrytest.Server.
type Faults interface {
	SetFaults(faults ...sentrytest.Fault) error
	Faults() []sentrytest.Fault
	ClearFaults()
}

// API serves the addresses in the package's overview.
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
		fail(w, http.StatusNotFound, fmt.Errorf("%s is not an address of this API: see /api/v1/openapi.json", r.URL.Path))
	})
	return a
}

// Page serves the addresses that belong neither to ingest nor to the API.
type Page interface {
	http.Handler
	// Has reports whether the page has the request's address, for its method.
	Has(r *http.Request) bool
}

// Handler returns the handler of a whole server. Events go to ingest, requests
// for the API's addresses to the API, and everything else to page. Requests of
// clients to unknown addresses go to ingest too, which refuses and records
// them. This shows a wrong DSN or tunnel.
func (a *API) Handler(ingest http.Handler, page Page) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/", a.mux)
	mux.Handle("/stream", a.mux)
	mux.Handle("/", page)
	guarded := a.cfg.Guard.Protect(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Ask ingest first: http.ServeMux would redirect its paths that have
		// repeated slashes.
		spotlight := r.URL.Path == "/stream" && (r.Method == http.MethodPost || r.Method == http.MethodOptions)
		if sentrytest.IsIngest(r.URL.Path) || spotlight || a.astray(r, page) {
			ingest.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

// astray reports whether a client sent the request to an address that neither
// the API nor the page has. Below /api/v1 the API answers.
func (a *API) astray(r *http.Request, page Page) bool {
	if strings.HasPrefix(r.URL.Path, "/api/v1/") || !sends(r) {
		return false
	}
	if r.Method == http.MethodOptions { // a preflight; the Method is that of the request to come
		r = r.Clone(r.Context())
		r.Method = r.Header.Get("Access-Control-Request-Method")
	}
	return len(a.methods(r)) == 0 && !page.Has(r)
}

// sends reports whether the request looks like one of a Sentry client. Other
// requests come from browsers or programs that read.
func sends(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return r.Header.Get("X-Sentry-Auth") != "" || r.URL.Query().Has("sentry_key")
	case http.MethodOptions:
		return r.Header.Get("Access-Control-Request-Method") != ""
	}
	return true
}

// lifetime returns a context that ends with the request or with the API.
func (a *API) lifetime(r *http.Request) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(r.Context())
	stop := context.AfterFunc(a.cfg.Lifetime, func() { cancel(errEnding) })
	return ctx, func() { stop(); cancel(nil) }
}

var errEnding = fmt.Errorf("the server is shutting down")
