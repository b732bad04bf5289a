package ravenhttp

import (
	"context"
	"net/http"
	"strings"

	"github.com/ravenkit/ravenkit/raven"
)

// Middleware returns a function that puts the client around a handler. Each
// request is served with a new raven.Context in its context, which holds the
// request (see [Request]), its body as far as the handler has read it, and the
// transaction: the pattern that http.ServeMux matched, else method and path.
//
// A panic is reported as fatal and goes on. http.ErrAbortHandler, by which
// handlers end a response, goes on and is not reported. The ResponseWriter
// reaches the handler as it is, so that http.Flusher, http.Hijacker and
// http.ResponseController work as without the middleware.
//
// A nil client is a disabled one.
func Middleware(client *raven.Client, opts ...Option) func(http.Handler) http.Handler {
	cfg := newConfig(opts)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !client.Enabled() {
				next.ServeHTTP(w, r)
				return
			}
			ctx, rc := raven.NewContext(r.Context(), client)
			r = r.WithContext(ctx)
			rc.Merge(cfg.describe(r))
			// The only error is the nil one: panics go through.
			_ = client.Wrap(ctx, func(context.Context) error {
				next.ServeHTTP(w, r)
				return nil
			})
		})
	}
}

// describe returns what a request adds to the events that are captured while
// it is served. It is put together when one is: most requests have none, and
// pattern and body are not known before.
func (c *config) describe(r *http.Request) raven.CaptureOption {
	var body *bodyRecorder
	if c.bodyLimit > 0 && r.Body != nil && r.Body != http.NoBody && isText(r.Header.Get("Content-Type")) {
		body = &bodyRecorder{ReadCloser: r.Body, limit: c.bodyLimit}
		r.Body = body
	}
	return raven.Lazy(func() []raven.CaptureOption {
		request := c.request(r)
		if body != nil {
			request.Data = body.recorded()
		}
		opts := []raven.CaptureOption{request, raven.Transaction(c.transaction(r))}
		if c.user != nil {
			opts = append(opts, c.user(r))
		}
		return opts
	})
}

func (c *config) request(r *http.Request) *raven.Request {
	request := Request(r)
	if c.cookies {
		request.Cookies = strings.Join(r.Header.Values("Cookie"), "; ")
	}
	return request
}

// routeName is the default of [WithTransaction].
func routeName(r *http.Request) string {
	switch {
	case r.Pattern == "":
		return r.Method + " " + r.URL.Path
	case strings.Contains(r.Pattern, " "):
		return r.Pattern
	}
	return r.Method + " " + r.Pattern
}
