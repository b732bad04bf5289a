package raventest_test

import (
	"net/http"
	"testing"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/raventest"
)

// withContext is middleware of an application.
func withContext(client *raven.Client, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, rc := raven.NewContext(r.Context(), client)
		rc.Merge(raven.Tags{"path": r.URL.Path})
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func TestWithContextIsIsolated(t *testing.T) {
	raventest.Isolated(t, withContext)
}

// A test of middleware needs only Isolated:
func ExampleIsolated() {
	_ = func(t *testing.T) { // func TestWithContextIsIsolated(t *testing.T)
		raventest.Isolated(t, withContext)
	}
	// Output:
}
