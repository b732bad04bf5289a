package raventest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenhttp"
	"github.com/ravenkit/ravenkit/raven/raventest"
)

func TestOurMiddlewareIsIsolated(t *testing.T) {
	t.Parallel()
	raventest.Isolated(t, func(client *raven.Client, next http.Handler) http.Handler {
		return ravenhttp.Middleware(client)(next)
	})
}

// host is a test that may fail.
type host struct{ failures []string }

func (h *host) Helper() {}
func (h *host) Errorf(format string, args ...any) {
	h.failures = append(h.failures, fmt.Sprintf(format, args...))
}
func (h *host) Fatalf(format string, args ...any) { h.Errorf(format, args...) }

// forgetful is a context that makes a new Context in every call.
type forgetful struct {
	context.Context
	client *raven.Client
}

func (f forgetful) Value(key any) any {
	ctx, _ := raven.NewContext(f.Context, f.client)
	return ctx.Value(key)
}

func TestMiddlewareThatLeaksIsFound(t *testing.T) {
	t.Parallel()
	const advice = "; give every request a Context of its own: ctx, _ := raven.NewContext(r.Context(), client), and serve r.WithContext(ctx)"
	for name, tt := range map[string]struct {
		wrap func(client *raven.Client, next http.Handler) http.Handler
		want []string
	}{
		"no Context at all": {
			wrap: func(_ *raven.Client, next http.Handler) http.Handler { return next },
			want: []string{
				`a tag, extra data, a breadcrumb of the request "first" leaked into the event of the request "third"` + advice,
				`a tag, extra data, the user, a breadcrumb of the request "third" leaked into an event that was captured outside of any request` + advice,
			},
		},
		"one Context for all": {
			wrap: func(client *raven.Client, next http.Handler) http.Handler {
				var once sync.Once
				var rc *raven.Context
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					once.Do(func() { _, rc = raven.NewContext(r.Context(), client) })
					rc.With(r.Context(), func(ctx context.Context) { next.ServeHTTP(w, r.WithContext(ctx)) })
				})
			},
			want: []string{`a tag, extra data, a breadcrumb of the request "second" leaked into the event of the request "third"`},
		},
		"the first request for all": {
			wrap: func(client *raven.Client, next http.Handler) http.Handler {
				var once sync.Once
				var first *raven.Request
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					once.Do(func() { first = ravenhttp.Request(r) })
					ctx, rc := raven.NewContext(r.Context(), client)
					rc.Merge(first)
					next.ServeHTTP(w, r.WithContext(ctx))
				})
			},
			want: []string{`the request of the request "`},
		},
		"a new Context in every call": {
			wrap: func(client *raven.Client, next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					next.ServeHTTP(w, r.WithContext(forgetful{r.Context(), client}))
				})
			},
			want: []string{`the event of the request "third" has no tag: two Contexts serve one request`},
		},
		"a handler that is not called": {
			wrap: func(*raven.Client, http.Handler) http.Handler {
				return http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
			},
			want: []string{`the request "first" was not reported: does the middleware call the handler, with the request's context?`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := new(host)
			raventest.Isolated(h, tt.wrap)
			got := strings.Join(h.failures, "\n")
			for _, want := range tt.want {
				NewWithT(t).Expect(got).To(ContainSubstring(want))
			}
		})
	}
}
