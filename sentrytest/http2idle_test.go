package sentrytest_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// Every request of a connection counts, whatever becomes of the others.
func TestHTTP2WaitIdle(t *testing.T) {
	inHTTP2Bubble(t, func(t *testing.T, g *WithT, srv *sentrytest.Server) {
		g.Expect(srv.WaitIdle(soon(t))).To(Succeed())
		srv.Script(sentrytest.SlowRead(62, time.Minute), sentrytest.OK().After(time.Hour), sentrytest.OK())
		start := time.Now()
		first, second, third := under(t.Context(), srv), under(t.Context(), srv), under(t.Context(), srv)
		g.Expect(<-third).To(Succeed())
		g.Expect(srv.WaitIdle(soon(t))).To(MatchError(`sentrytest: 2 requests still in flight after 1s: context deadline exceeded
    POST /api/1/store/ over HTTP/2.0, 62 bytes -> 200 by script step OK().After(1h0m0s), not sent to its end
    POST /api/1/store/, whose body is incomplete`))
		g.Expect(<-first).To(Succeed())
		g.Expect(srv.WaitIdle(t.Context())).To(Succeed())
		g.Expect(time.Since(start)).To(Equal(time.Hour))
		g.Expect(<-second).To(Succeed())
	})
}

// A request that its client gave up is under way no more, while others go on.
func TestHTTP2WaitIdleAndRequestsGivenUp(t *testing.T) {
	inHTTP2Bubble(t, func(t *testing.T, g *WithT, srv *sentrytest.Server) {
		srv.Script(sentrytest.Hang().Times(2))
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			hung := under(ctx, srv)
			g.Expect(srv.WaitIdle(soon(t))).NotTo(Succeed())
			g.Expect(<-hung).To(MatchError(context.DeadlineExceeded))
			g.Expect(srv.WaitIdle(soon(t))).To(Succeed())
		}
		g.Expect(srv.Connections()).To(Equal(1))
	})
}

// A tenant does not wait for another's requests, though they share a
// connection.
func TestHTTP2WaitIdleOfATenant(t *testing.T) {
	inHTTP2Bubble(t, func(t *testing.T, g *WithT, srv *sentrytest.Server) {
		a, b := srv.Tenant(t), srv.Tenant(t)
		srv.Script(sentrytest.OK().After(time.Hour), sentrytest.OK())
		send := func(tenant *sentrytest.Tenant) <-chan error {
			ended := make(chan error, 1)
			go func() {
				path := "/api/" + tenant.ProjectID() + "/store/"
				_, err := trySend(t, srv, "POST", path, message("hi"), "X-Sentry-Auth: Sentry sentry_key="+tenant.PublicKey())
				ended <- err
			}()
			return ended
		}
		slow := send(a)
		synctest.Wait()
		quick := send(b)
		g.Expect(<-quick).To(Succeed())
		g.Expect(b.WaitIdle(soon(t))).To(Succeed())
		g.Expect(a.WaitIdle(soon(t))).NotTo(Succeed())
		g.Expect(a.WaitIdle(t.Context())).To(Succeed())
		g.Expect(<-slow).To(Succeed())
		g.Expect(srv.Connections()).To(Equal(1))
	})
}

// A program's own handlers are not waited for.
func TestHTTP2WaitIdleAndForeignHandlers(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	reached := make(chan struct{})
	srv := sentrytest.NewServer(t, sentrytest.HTTP2(), sentrytest.Around(func(ingest http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if sentrytest.IsIngest(r.URL.Path) {
				ingest.ServeHTTP(w, r)
				return
			}
			close(reached)
			<-r.Context().Done()
		})
	}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	page := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(ctx, "GET", srv.URL()+"/page", nil)
		g.Expect(err).NotTo(HaveOccurred())
		resp, err := srv.Client().Do(req)
		if err == nil {
			err = resp.Body.Close()
		}
		page <- err
	}()
	<-reached
	store(t, srv, vectorJSON)
	g.Expect(srv.WaitIdle(t.Context())).To(Succeed())
	cancel()
	g.Expect(<-page).To(MatchError(context.Canceled))
	g.Expect(srv.Connections()).To(Equal(1))
}
