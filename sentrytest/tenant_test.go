package sentrytest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// reportTo posts an event to the store endpoint that a DSN names.
func reportTo(t *testing.T, srv *sentrytest.Server, dsn, event string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	send(t, srv, http.MethodPost, "/api"+u.Path+"/store/", event, "X-Sentry-Auth: Sentry sentry_key="+u.User.Username())
}

func sharedServer(t *testing.T, opts ...sentrytest.Option) *sentrytest.Server {
	t.Helper()
	srv, err := sentrytest.Start(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	return srv
}

// Each test sees its own events, whoever reports beside it.
func TestTenantsOfParallelTests(t *testing.T) {
	t.Parallel()
	srv := sharedServer(t)
	t.Run("tests", func(t *testing.T) {
		for i := range 8 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				g := NewWithT(t)
				tenant := srv.Tenant(t)
				for j := range 5 {
					reportTo(t, srv, tenant.DSN(), message(fmt.Sprintf("m%d.%d", i, j)))
				}
				sentrytest.RequireEvent(t, tenant, sentrytest.HasMessage(fmt.Sprintf("m%d.4", i)))
				sentrytest.RequireNoEvent(t, tenant, sentrytest.Not(sentrytest.HasMessageMatching(fmt.Sprintf(`^m%d\.`, i))))
				g.Expect(tenant.Events()).To(HaveLen(5))
				g.Expect(tenant.Requests()).To(HaveLen(5))
				g.Expect(tenant.WaitIdle(t.Context())).To(Succeed())
			})
		}
	})
	g := NewWithT(t)
	g.Expect(srv.Events()).To(HaveLen(40))
	g.Expect(srv.Unowned()).To(BeEmpty())
}

func TestTenantOwnsByKeyAndProject(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sharedServer(t)
	a, b := srv.Tenant(t), srv.Tenant(t)
	g.Expect(a.Server()).To(BeIdenticalTo(srv))
	g.Expect(a.PublicKey()).NotTo(Equal(b.PublicKey()))
	g.Expect([]string{srv.ProjectID(), a.ProjectID(), b.ProjectID()}).To(Equal([]string{"1", "2", "3"}))
	g.Expect(a.DSN(sentrytest.DSNScheme("sync"))).To(Equal("sync+http://" + a.PublicKey() + "@" + srv.Addr() + "/2"))

	auth := func(key string) string { return "X-Sentry-Auth: Sentry sentry_key=" + key }
	send(t, srv, "POST", "/api/2/store/", message("own"), auth(a.PublicKey()))
	send(t, srv, "POST", "/api/store/", message("legacy"), auth(a.PublicKey()))
	send(t, srv, "POST", "/api/3/store/", message("mixed up"), auth(a.PublicKey()))
	send(t, srv, "POST", "/api/9/store/", message("of nobody"), auth("public"))
	send(t, srv, "POST", "/api/2/store/", message("no auth"))
	send(t, srv, "POST", "/api/2/envelope/", fmt.Sprintf("{\"dsn\":%q}\n{\"type\":\"session\"}\n{}", a.DSN()))
	reportTo(t, srv, srv.DSN(), message("the server's"))
	reportTo(t, srv, b.DSN(), message("b's"))

	g.Expect(messages(a.Events())).To(Equal([]string{"own", "legacy"}))
	g.Expect(a.Envelopes()).To(HaveLen(1))
	g.Expect(a.Rejected()).To(HaveLen(1), "a project of its own is enough to see a refusal")
	g.Expect(messages(b.Events())).To(Equal([]string{"b's"}))
	g.Expect(messages(srv.Unowned())).To(Equal([]string{"mixed up", "of nobody"}))
	g.Expect(srv.Events()).To(HaveLen(6))

	a.Clear()
	g.Expect(a.Requests()).To(BeEmpty())
	g.Expect(a.Rejected()).To(BeEmpty())
	g.Expect(a.Envelopes()).To(BeEmpty())
	g.Expect(messages(b.Events())).To(Equal([]string{"b's"}))
	g.Expect(srv.Events()).To(HaveLen(4))
	srv.Clear()
	g.Expect(b.Events()).To(BeEmpty())
}

func TestTenantsFailureNamesWhatNobodyOwns(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sharedServer(t)
	failures, logs := run(t, func(tb *fakeTB) {
		tenant := srv.Tenant(tb)
		reportTo(t, srv, srv.DSN(sentrytest.DSNKey("typo"), sentrytest.DSNProject("7")), message("astray"))
		send(t, srv, "POST", "/api/7/store/", message("astray"))
		send(t, srv, "POST", "/api/2/store/", message("refused"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := tenant.Wait(ctx, 1)
		tb.Errorf("%v", err)
	})
	g.Expect(failures).To(MatchRegexp(`^sentrytest: 0 of 1 wanted event.*: context canceled
  wanted: anything
  arrived: nothing
  refused: 1 request
    POST /api/2/store/ -> 401 missing authorization information
  not counted:
    unowned: error "astray" \([0-9a-f]{32}\), key typo, project 7
    unowned: POST /api/7/store/ -> 401 missing authorization information, key missing, project 7$`))
	g.Expect(logs).To(ContainSubstring("sentrytest: tenant with project 2 on " + srv.URL() + " received 1 request"))
	g.Expect(logs).To(ContainSubstring("\n  unowned: error \"astray\""))
}

// namedTB has the name of a test.
type namedTB struct {
	*fakeTB
	name string
}

func (n namedTB) Name() string { return n.name }

// What a test's client sends after the test is not taken for a later test's.
func TestTenantEndsWithItsTest(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var logs string
	_, logs = run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb)
		var tenant *sentrytest.Tenant
		run(t, func(tb *fakeTB) {
			tenant = srv.Tenant(namedTB{tb, "TestBilling"})
			reportTo(t, srv, tenant.DSN(), message("in time"))
		})
		reportTo(t, srv, tenant.DSN(), message("late"))
		g.Expect(messages(tenant.Events())).To(Equal([]string{"in time"}))
		g.Expect(messages(srv.Unowned())).To(Equal([]string{"late"}))
	})
	g.Expect(logs).To(MatchRegexp(`^sentrytest: server http://.* received what no tenant owns:
    unowned: error "late" \([0-9a-f]{32}\), key [0-9a-f]{32}, project 2: the tenant of TestBilling \(project 2\), which has ended$`))
}

func TestTenantTakesNoServerOptions(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sharedServer(t)
	failures, _ := run(t, func(tb *fakeTB) { srv.Tenant(tb, sentrytest.Trusted()) })
	g.Expect(failures).To(Equal("sentrytest: Tenant takes the options FailOnUnclaimed and Allow; all others are the server's"))
	failures, _ = run(t, func(tb *fakeTB) { srv.Tenant(tb, sentrytest.FailOnUnclaimed(), nil) })
	g.Expect(failures).To(BeEmpty())
}

func TestFailOnUnclaimed(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	const first, second = "00000000000040008000000000000001", "00000000000040008000000000000002"
	event := func(id, text string) string { return fmt.Sprintf(`{"event_id":%q,"message":%q}`, id, text) }
	failures, _ := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb, sentrytest.FailOnUnclaimed(), sentrytest.Allow(sentrytest.HasMessage("known")))
		store(t, srv, event(first, "wanted"))
		store(t, srv, event(second, "unexpected"))
		store(t, srv, message("known"))
		store(t, srv, message("looked at"))
		sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("wanted"))
		srv.Claim(srv.Events()[3])
		// An assertion that something is absent expects nothing.
		sentrytest.RequireNoEvent(t, srv, sentrytest.HasMessage("never"))
	})
	g.Expect(failures).To(Equal(`sentrytest: 1 event that no assertion claimed
    error "unexpected" (` + second + `)
  expect them with RequireEvent, or except them with the option Allow`))

	failures, _ = run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb, sentrytest.FailOnUnclaimed())
		store(t, srv, event(first, "again"))
		store(t, srv, event(first, "again"))
		_, err := srv.Wait(t.Context(), 2)
		g.Expect(err).NotTo(HaveOccurred())
	})
	g.Expect(failures).To(BeEmpty())
}

// A tenant answers for its own events, its server for the others.
func TestFailOnUnclaimedOfTenants(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sharedServer(t, sentrytest.FailOnUnclaimed())
	failures, _ := run(t, func(tb *fakeTB) {
		tenant := srv.Tenant(tb, sentrytest.Allow(sentrytest.HasMessage("known")))
		reportTo(t, srv, tenant.DSN(), message("known"))
		reportTo(t, srv, tenant.DSN(), message("forgotten"))
		reportTo(t, srv, srv.DSN(), message("not mine"))
	})
	g.Expect(failures).To(HavePrefix("sentrytest: 1 event that no assertion claimed\n    error \"forgotten\""))
	failures, _ = run(t, func(tb *fakeTB) {
		shared := sentrytest.NewServer(tb, sentrytest.FailOnUnclaimed())
		tenant := shared.Tenant(t, sentrytest.Allow(sentrytest.Predicate{}))
		reportTo(t, shared, tenant.DSN(), message("its tenant's"))
		reportTo(t, shared, shared.DSN(), message("the server's"))
	})
	g.Expect(strings.Count(failures, "\n    ")).To(Equal(1))
	g.Expect(failures).To(ContainSubstring(`error "the server's"`))
}

// What is still on its way when the test ends is waited for: an event that
// comes late is no less unexpected.
func TestFailOnUnclaimedWaitsForWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		var client sync.WaitGroup
		failures, _ := run(t, func(tb *fakeTB) {
			srv := sentrytest.NewServer(tb, sentrytest.InMemory(), sentrytest.FailOnUnclaimed())
			client.Go(func() {
				conn, err := srv.DialContext(t.Context(), "", "")
				g.Expect(err).NotTo(HaveOccurred())
				defer conn.Close()
				_, err = io.WriteString(conn, "POST /api/1/store/?sentry_key=a HTTP/1.1\r\nHost: x\r\nContent-Length: 18\r\n\r\n")
				g.Expect(err).NotTo(HaveOccurred())
				time.Sleep(time.Second)
				_, err = io.WriteString(conn, message("late"))
				g.Expect(err).NotTo(HaveOccurred())
				_, _ = io.ReadAll(conn)
			})
			synctest.Wait()
		})
		client.Wait()
		g.Expect(failures).To(HavePrefix("sentrytest: 1 event that no assertion claimed\n    error \"late\""))
	})
}

// Clear forgives what it forgets.
func TestFailOnUnclaimedAndClear(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	failures, _ := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb, sentrytest.FailOnUnclaimed())
		store(t, srv, message("of the set-up"))
		srv.Clear()
	})
	g.Expect(failures).To(BeEmpty())
}

func TestMaxHistory(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t, sentrytest.MaxHistory(3))
	for i := range 5 {
		store(t, srv, message(fmt.Sprint(i)))
	}
	store(t, srv, "nonsense!")
	g.Expect(messages(srv.Events())).To(Equal([]string{"2", "3", "4"}))
	g.Expect(srv.Requests()).To(HaveLen(3))
	g.Expect(srv.Requests()[2].ID).To(Equal(6))
	g.Expect(srv.Dropped()).To(Equal(sentrytest.Dropped{Requests: 3, Events: 2}))
	g.Expect(srv.Dump()).To(ContainSubstring("\n  after 3 requests that MaxHistory dropped\n"))

	// A wait counts on, although what it has seen is dropped beside it.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan []sentrytest.Event, 1)
	go func() {
		events, _ := srv.Wait(ctx, 2, sentrytest.HasMessage("again"))
		done <- events
	}()
	for len(done) == 0 {
		store(t, srv, message("again"))
		store(t, srv, message("other"))
	}
	g.Expect(messages(<-done)).To(Equal([]string{"again", "again"}))
	srv.Clear()
	g.Expect(srv.Events()).To(BeEmpty())
	store(t, srv, message("after"))
	_, err := srv.Wait(t.Context(), 1, sentrytest.HasMessage("after"))
	g.Expect(err).NotTo(HaveOccurred())
}
