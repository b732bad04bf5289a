package raventest_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenhttp"
	"github.com/ravenkit/ravenkit/raven/raventest"
)

func TestTheMiddlewareIsMadeOnceAndServesThreeRequests(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	made, served, now, most := 0, 0, 0, 0
	raventest.Isolated(t, func(client *raven.Client, next http.Handler) http.Handler {
		made++
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			served, now = served+1, now+1
			most = max(most, now)
			mu.Unlock()
			ravenhttp.Middleware(client)(next).ServeHTTP(w, r)
			mu.Lock()
			now--
			mu.Unlock()
		})
	})
	g := NewWithT(t)
	g.Expect([]int{made, served, most}).To(Equal([]int{1, 3, 2}))
}

// Middleware that serves one request at a time leaks nothing and passes.
func TestMiddlewareThatServesOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		one := make(chan struct{}, 1)
		raventest.Isolated(t, func(client *raven.Client, next http.Handler) http.Handler {
			return ravenhttp.Middleware(client)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				one <- struct{}{}
				defer func() { <-one }()
				next.ServeHTTP(w, r)
			}))
		})
		NewWithT(t).Expect(time.Since(start)).To(Equal(20 * time.Second))
	})
}
