package ravenhttp

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven"
)

// Middleware returns a function that wraps a handler. Each request is served
// with a new raven.Context in its context. It holds the request (see [Request])
// as it arrived, the part of its body that the handler has read, and the
// transaction: the pattern that http.ServeMux matched.
//
// net/http sets the pattern only in the request that the mux receives. If a
// handler in between makes a copy, for example with WithContext or
// http.StripPrefix, the transaction is the path, with {id} in place of segments
// that look like one. [Route] passes the pattern on.
//
// A panic is reported as fatal and continues. http.ErrAbortHandler, with which
// handlers abort a response, continues and is not reported. The handler gets
// the original ResponseWriter, so that http.Flusher, http.Hijacker and
// http.ResponseController work as without the middleware.
//
// A nil client is a disabled one.
func Middleware(client *raven.Client, opts ...Option) func(http.Handler) http.Handler {
	cfg := newConfig(opts)
	return func(next http.Handler) http.Handler { return &middleware{client: client, cfg: cfg, next: next} }
}

type middleware struct {
	client *raven.Client
	cfg    *config
	next   http.Handler
}

// ServeHTTP serves a request. [innerMuxes] finds it on the stack by its name.
func (m *middleware) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !m.client.Enabled() {
		m.next.ServeHTTP(w, r)
		return
	}
	ctx, rc := raven.NewContext(r.Context(), m.client)
	v := new(visit)
	ctx = context.WithValue(ctx, visitKey{}, v)
	r = r.WithContext(ctx)
	m.cfg.begin(v, r)
	rc.Merge(raven.Lazy(func() []raven.CaptureOption { return m.cfg.describe(v) }))
	// The error is always nil: panics continue.
	_ = m.client.Wrap(ctx, func(context.Context) error {
		m.next.ServeHTTP(w, r)
		return nil
	})
}

// visit is a request while it is served. Once the handler runs, it owns the
// request, so events describe a copy that was made before.
type visit struct {
	came    *http.Request // the copy, which never changes
	serving *http.Request // the handler's, which gets the pattern
	before  string        // the pattern of a mux in front of the middleware
	body    *bodyRecorder // nil: the body is not recorded
	route   atomic.Pointer[string]
}

type visitKey struct{}

// begin copies the request before the handler gets it.
func (c *config) begin(v *visit, r *http.Request) {
	v.serving, v.before = r, r.Pattern
	v.came = r.Clone(r.Context())
	v.came.Body = http.NoBody
	if c.bodyLimit > 0 && r.Body != nil && r.Body != http.NoBody && isText(r.Header.Get("Content-Type")) {
		v.body = &bodyRecorder{ReadCloser: r.Body, limit: c.bodyLimit}
		r.Body = v.body
	}
}

// describe returns the request's part of an event. It is made when an event is
// captured: most requests have none, and pattern and body are not known
// earlier.
func (c *config) describe(v *visit) []raven.CaptureOption {
	request := Request(v.came)
	if c.cookies {
		request.Cookies = strings.Join(v.came.Header.Values("Cookie"), "; ")
	}
	if v.body != nil {
		request.Data = v.body.recorded()
	}
	opts := []raven.CaptureOption{request}
	// If a function of the program panics, only its result is missing.
	named := false
	if c.transaction != nil {
		named = guard.Do(func() { opts = append(opts, raven.Transaction(c.transaction(v.request()))) }) == nil
	}
	if !named {
		opts = append(opts, raven.Transaction(v.name()))
	}
	if c.user != nil {
		guard.Do(func() { opts = append(opts, c.user(v.request())) })
	}
	return opts
}

// request returns a copy for a function of the program, which may change it.
func (v *visit) request() *http.Request {
	r := v.came.Clone(v.came.Context())
	r.Pattern = v.serving.Pattern
	for name, value := range pathValues(r.Pattern, r.URL) {
		r.SetPathValue(name, value)
	}
	return r
}
