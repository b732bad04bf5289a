package sentrytest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// soon is a context that ends before long.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	t.Cleanup(cancel)
	return ctx
}

// slowRequest sends a request in three parts, a minute between them, and reads
// the answer.
func slowRequest(t *testing.T, srv *sentrytest.Server, path string) {
	t.Helper()
	conn, err := srv.DialContext(t.Context(), "tcp", srv.Addr())
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	head := "POST " + path + " HTTP/1.1\r\nHost: x\r\nX-Sentry-Auth: Sentry sentry_key=public\r\n"
	for _, part := range []string{head, "Connection: close\r\nContent-Length: 18\r\n\r\n", message("slow")} {
		if _, err := io.WriteString(conn, part); err != nil {
			t.Error(err)
			return
		}
		time.Sleep(time.Minute)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Error(err)
	}
}

// A request is under way from its first byte on.
func TestWaitIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		g.Expect(srv.WaitIdle(t.Context())).To(Succeed())
		start := time.Now()
		var client sync.WaitGroup
		client.Go(func() { slowRequest(t, srv, storePath) })
		synctest.Wait()
		err := srv.WaitIdle(soon(t))
		g.Expect(err).To(MatchError(context.DeadlineExceeded))
		g.Expect(err).To(MatchError(`sentrytest: 1 request still in flight after 1s: context deadline exceeded
    a request from client whose headers are incomplete`))
		time.Sleep(time.Minute)
		synctest.Wait()
		err = srv.WaitIdle(soon(t))
		g.Expect(err).To(MatchError(`sentrytest: 1 request still in flight after 1s: context deadline exceeded
    POST /api/1/store/, whose body is incomplete`))
		g.Expect(srv.WaitIdle(t.Context())).To(Succeed())
		g.Expect(time.Since(start)).To(Equal(2 * time.Minute))
		g.Expect(messages(srv.Events())).To(Equal([]string{"slow"}))
		client.Wait()
	})
}

// In memory, what a client has sent is under way even if the server has not
// begun to read it.
func TestWaitIdleSeesUnreadBytes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Script(sentrytest.SlowAccept(time.Hour))
		var client sync.WaitGroup
		client.Go(func() { g.Expect(postEvent(t.Context(), srv, message("unread"))).To(Succeed()) })
		synctest.Wait()
		g.Expect(srv.WaitIdle(soon(t))).To(MatchError(ContainSubstring("1 request still in flight")))
		g.Expect(srv.WaitIdle(t.Context())).To(Succeed())
		g.Expect(messages(srv.Events())).To(Equal([]string{"unread"}))
		client.Wait()
	})
}

// A connection that nobody has used, or that is kept alive, is idle.
func TestWaitIdleDoesNotWaitForQuietConnections(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]sentrytest.Option{"http": nil, "https": {sentrytest.Trusted()}, "memory": {sentrytest.InMemory()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, opts...)
			unused, err := srv.DialContext(t.Context(), "tcp", srv.Addr())
			g.Expect(err).NotTo(HaveOccurred())
			defer unused.Close()
			store(t, srv, message("hi"))
			g.Expect(srv.WaitIdle(t.Context())).To(Succeed())
			_, err = trySend(t, srv, "OPTIONS", storePath, "")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(srv.WaitIdle(t.Context())).To(Succeed())
		})
	}
}

// A request that hangs is on record but not answered: nothing to wait for
// before judging that no event came.
func TestWaitIdleAndHungRequests(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]sentrytest.Option{"http": nil, "https": {sentrytest.Trusted()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, opts...)
			srv.Script(sentrytest.Hang(), sentrytest.Reset())
			ctx, giveUp := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- postEvent(ctx, srv, message("hangs")) }()
			g.Eventually(srv.Requests).Should(HaveLen(1))
			sentrytest.RequireNoEvent(t, srv)
			over, cancel := context.WithCancel(t.Context())
			cancel()
			err := srv.WaitIdle(over)
			var busy *sentrytest.BusyError
			g.Expect(errors.As(err, &busy)).To(BeTrue())
			g.Expect(busy.Open).To(Equal([]string{"POST /api/1/store/, 19 bytes -> no answer by script step Hang(), not sent to its end"}))
			giveUp()
			g.Expect(<-done).To(MatchError(context.Canceled))
			g.Expect(srv.WaitIdle(t.Context())).To(Succeed())
			g.Expect(srv.WaitIdle(over)).To(Succeed(), "an ended context is no error while there is nothing to wait for")
			g.Expect(postEvent(t.Context(), srv, message("reset"))).NotTo(Succeed())
			g.Expect(srv.WaitIdle(t.Context())).To(Succeed())
		})
	}
}

func TestWaitIdleOfAClosedServer(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	conn, err := net.Dial("tcp", srv.Addr())
	g.Expect(err).NotTo(HaveOccurred())
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(srv.Close()).To(Succeed())
	g.Expect(srv.WaitIdle(t.Context())).To(Succeed())
}

// Requests of other tenants don't concern a tenant once it is known whose they
// are.
func TestTenantWaitIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		tenant, other := srv.Tenant(t), srv.Tenant(t)
		var client sync.WaitGroup
		client.Go(func() { slowRequest(t, srv, "/api/"+other.ProjectID()+"/store/") })
		synctest.Wait()
		start := time.Now()
		g.Expect(tenant.WaitIdle(soon(t))).NotTo(Succeed(), "it may be anybody's")
		g.Expect(other.WaitIdle(soon(t))).NotTo(Succeed())
		time.Sleep(time.Minute)
		synctest.Wait()
		g.Expect(tenant.WaitIdle(soon(t))).To(Succeed())
		g.Expect(other.WaitIdle(t.Context())).To(Succeed())
		g.Expect(time.Since(start)).To(Equal(2 * time.Minute))
		client.Wait()
	})
}

// RequireNoEvent judges what was sent, not what has arrived by chance.
func TestRequireNoEventLetsThingsSettle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		var client sync.WaitGroup
		client.Go(func() { slowRequest(t, srv, storePath) })
		synctest.Wait()
		failures, _ := run(t, func(tb *fakeTB) { sentrytest.RequireNoEvent(tb, srv, sentrytest.HasMessage("x")) })
		g.Expect(failures).To(Equal(`sentrytest: cannot confirm that no event arrived: requests are still in flight
  wanted none with: message "x"
  1 request still in flight after 5s: context deadline exceeded
    a request from client whose headers are incomplete`))
		time.Sleep(time.Minute + 56*time.Second)
		failures, _ = run(t, func(tb *fakeTB) { sentrytest.RequireNoEvent(tb, srv) })
		g.Expect(failures).To(HavePrefix("sentrytest: unexpected event\n  wanted none with: anything\n  arrived:\n    error \"slow\""))
		client.Wait()
	})
}

// A page of the program's own, which may stay open for ever or ask about
// idleness itself, is not under way.
func TestWaitIdleBesideAProgramsOwnHandler(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var srv *sentrytest.Server
	srv = sentrytest.NewServer(t, sentrytest.Around(func(ingest http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if sentrytest.IsIngest(r.URL.Path) {
				ingest.ServeHTTP(w, r)
				return
			}
			if err := srv.WaitIdle(r.Context()); err != nil {
				w.WriteHeader(http.StatusConflict)
			}
		})
	}))
	g.Expect(send(t, srv, "POST", "/wait", "body").Status).To(Equal(200))
	store(t, srv, message("hi"))
	g.Expect(srv.WaitIdle(t.Context())).To(Succeed())
}
