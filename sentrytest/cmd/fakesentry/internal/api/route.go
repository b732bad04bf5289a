package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// route is one address and its handler.
type route struct {
	handle http.HandlerFunc
	// parameters are the allowed parameters of the query. Each may occur once,
	// unless its name ends in []. Other names are refused and not ignored: a
	// misspelt filter of a deletion would delete everything.
	parameters []string
	// lenient accepts any query. It is for the addresses of Kent and Spotlight,
	// whose clients may send other parameters.
	lenient bool
}

func plain(handle http.HandlerFunc, parameters ...string) route {
	return route{handle: handle, parameters: parameters}
}

func lenient(handle http.HandlerFunc) route { return route{handle: handle, lenient: true} }

func (a *API) routes() map[string]route {
	return map[string]route{
		"GET /api/v1/events":                          plain(a.listEvents, "q", "tenant", "limit", "cursor"),
		"DELETE /api/v1/events":                       plain(a.deleteEvents, "q", "tenant"),
		"GET /api/v1/events/{id}":                     plain(a.showEvent),
		"DELETE /api/v1/events/{id}":                  plain(a.deleteEvent),
		"GET /api/v1/events/{id}/raw":                 plain(a.showRaw, "download"),
		"GET /api/v1/events/{id}/attachments/{index}": plain(a.showAttachment),
		"GET /api/v1/wait":                            plain(a.wait, "q", "tenant", "count", "timeout"),
		"GET /api/v1/stream":                          plain(a.stream, "q", "tenant", "after"),
		"GET /api/v1/requests":                        plain(a.listRequests, "tenant", "refused", "faulted", "item", "limit", "cursor"),
		"GET /api/v1/requests/{seq}":                  plain(a.showRequest),
		"GET /api/v1/requests/{seq}/body":             plain(a.showBody, "wire"),
		"GET /api/v1/requests/{seq}/envelope":         plain(a.showEnvelope),
		"GET /api/v1/tenants":                         plain(a.listTenants),
		"POST /api/v1/tenants":                        plain(a.createTenant),
		"GET /api/v1/tenants/{tenant}":                plain(a.showTenant),
		"DELETE /api/v1/tenants/{tenant}":             plain(a.deleteTenant),
		"DELETE /api/v1/tenants/{tenant}/events":      plain(a.deleteEvents, "q"),
		"GET /api/v1/tenants/{tenant}/wait":           plain(a.wait, "q", "count", "timeout"),
		"GET /api/v1/faults":                          plain(a.listFaults),
		"PUT /api/v1/faults":                          plain(a.setFaults),
		"DELETE /api/v1/faults":                       plain(a.clearFaults),
		"GET /api/v1/stats":                           plain(a.stats),
		"GET /api/v1/health":                          plain(a.health),
		"GET /api/v1/metrics":                         plain(metrics(a.cfg.Store).ServeHTTP, "name[]"),
		"GET /api/v1/openapi.json":                    plain(a.openAPIJSON),
		"GET /api/v1/openapi.yaml":                    plain(a.openAPIYAML),

		"GET /api/eventlist/{$}": lenient(a.kentList),
		"GET /api/eventlist":     lenient(a.kentList),
		"GET /api/event/{id}":    lenient(a.kentEvent),
		"GET /api/event/{id}/":   lenient(a.kentEvent),
		"POST /api/flush/{$}":    lenient(a.kentFlush),
		"POST /api/flush":        lenient(a.kentFlush),

		"GET /stream": lenient(a.spotlightStream),
	}
}

func (to route) serve(w http.ResponseWriter, r *http.Request) {
	if err := to.check(r); err != nil && !to.lenient {
		fail(w, http.StatusBadRequest, err)
		return
	}
	to.handle(w, r)
}

// check returns an error for parts of the request that would be ignored.
func (to route) check(r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fmt.Errorf("the query of the address can't be read: %w", err)
	}
	var errs []error
	for name, values := range query {
		switch {
		case !slices.Contains(to.parameters, name):
			errs = append(errs, fmt.Errorf("there is no parameter %q: %s", name, to.allowed()))
		case len(values) > 1 && !strings.HasSuffix(name, "[]"):
			errs = append(errs, fmt.Errorf("the parameter %q occurs %d times, but may occur once", name, len(values)))
		}
	}
	if r.Method != http.MethodPost && r.Method != http.MethodPut && r.ContentLength != 0 {
		errs = append(errs, fmt.Errorf("a %s has no body: %s", r.Method, to.allowed()))
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

func (to route) allowed() string {
	if len(to.parameters) == 0 {
		return "this address takes none"
	}
	return "this address takes " + strings.Join(to.parameters, ", ")
}

// methods returns the methods of the request's address.
func (a *API) methods(r *http.Request) []string {
	var out []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := a.mux.Handler(other); strings.HasPrefix(pattern, method+" ") {
			out = append(out, method)
		}
	}
	return out
}
