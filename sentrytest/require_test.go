package sentrytest_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestRequireEvent(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	sent := make(chan reply)
	go func() { sent <- store(t, srv, message("later")) }()
	e := sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("later"))
	g.Expect((<-sent).Status).To(Equal(200))
	g.Expect(e.Received.Path).To(Equal(storePath))
	g.Expect(sentrytest.RequireEvents(t, srv, 1)).To(HaveLen(1))
	sentrytest.RequireNoEvent(t, srv, sentrytest.HasMessage("never"))
}

func TestRequireFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		store(t, srv, `{"message":"there","event_id":"`+vectorID+`"}`)
		start := time.Now()
		failures, _ := run(t, func(tb *fakeTB) { sentrytest.RequireEvent(tb, srv, sentrytest.HasMessage("boom")) })
		g.Expect(time.Since(start)).To(Equal(5 * time.Second))
		g.Expect(failures).To(HavePrefix(`sentrytest: 0 of 1 wanted event after 5s
  wanted: message "boom"
  closest: error "there" (` + vectorID + `)
    message
      want: "boom"
      got:  "there"
  arrived: 1 event
    error "there" (` + vectorID + `): message is "there"`))

		start = time.Now()
		failures, _ = run(t, func(tb *fakeTB) { sentrytest.RequireEvents(tb, srv, 2, sentrytest.Within(time.Minute)) })
		g.Expect(time.Since(start)).To(Equal(time.Minute))
		g.Expect(failures).To(ContainSubstring("1 of 2 wanted events after 1m0s"))
		g.Expect(failures).To(ContainSubstring("wanted: anything"))

		start = time.Now()
		failures, _ = run(t, func(tb *fakeTB) { sentrytest.RequireNoEvent(tb, srv) })
		g.Expect(failures).To(Equal("sentrytest: unexpected event\n  wanted none with: anything\n  arrived:\n    error \"there\" (" + vectorID + ")"))
		failures, _ = run(t, func(tb *fakeTB) { sentrytest.RequireNoEvent(tb, srv, sentrytest.HasMessage("boom")) })
		g.Expect(failures).To(BeEmpty())
		g.Expect(time.Since(start)).To(BeZero())

		// Watching for a while sees what comes late, and stops as soon as it
		// does.
		var client sync.WaitGroup
		defer client.Wait()
		client.Go(func() {
			time.Sleep(time.Second)
			store(t, srv, message("boom"))
		})
		failures, _ = run(t, func(tb *fakeTB) {
			sentrytest.RequireNoEvent(tb, srv, sentrytest.HasMessage("boom"), sentrytest.Within(time.Minute))
		})
		g.Expect(failures).To(ContainSubstring("unexpected event"))
		g.Expect(time.Since(start)).To(Equal(time.Second))
	})
}

func TestEventsAfterRequireNoEventAreLogged(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	shared := sharedServer(t)
	late := func(tb sentrytest.TB, src sentrytest.Source, report func(string)) {
		report(message("known"))
		sentrytest.RequireNoEvent(tb, src, sentrytest.HasMessage("late"))
		sentrytest.RequireNoEvent(tb, src, sentrytest.Not(sentrytest.HasMessage("known")))
		report(`{"message":"claimed"}`)
		sentrytest.RequireEvent(tb, src, sentrytest.HasMessage("claimed"))
		report(`{"message":"late","event_id":"` + vectorID + `"}`)
	}
	const want = `^sentrytest: flush the client before RequireNoEvent, unless these events are intended:
    error "late" \(` + vectorID + `\) arrived after RequireNoEvent \(require_test.go:\d+\) had passed$`
	failures, logs := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb)
		late(tb, srv, func(body string) { store(t, srv, body) })
	})
	g.Expect(failures).To(BeEmpty())
	g.Expect(logs).To(MatchRegexp(want))

	failures, logs = run(t, func(tb *fakeTB) {
		tenant := shared.Tenant(tb)
		late(tb, tenant, func(body string) { reportTo(t, shared, tenant.DSN(), body) })
	})
	g.Expect(failures).To(BeEmpty())
	g.Expect(logs).To(MatchRegexp(want))
}

// plainSource has nothing but Events.
type plainSource struct {
	start time.Time
	after time.Duration
}

func (s plainSource) Events() []sentrytest.Event {
	if time.Since(s.start) < s.after {
		return nil
	}
	return []sentrytest.Event{{Message: "hi"}}
}

func TestRequireEventOfAPlainSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		start := time.Now()
		sentrytest.RequireEvent(t, plainSource{start, time.Second}, sentrytest.HasMessage("hi"))
		g.Expect(time.Since(start)).To(Equal(time.Second))
		failures, _ := run(t, func(tb *fakeTB) { sentrytest.RequireEvent(tb, plainSource{start, time.Hour}) })
		g.Expect(failures).To(ContainSubstring("0 of 1 wanted event after 5s"))
	})
}

func TestEventList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		start := time.Now()
		list := sentrytest.EventList{parse(t, message("a")), parse(t, message("b"))}
		g.Expect(sentrytest.RequireEvent(t, list, sentrytest.HasMessage("b")).Message).To(Equal("b"))
		failures, _ := run(t, func(tb *fakeTB) { sentrytest.RequireEvent(tb, list, sentrytest.HasMessage("c")) })
		g.Expect(failures).To(HavePrefix("sentrytest: 0 of 1 wanted event\n  wanted: message \"c\"\n  closest: error \"a\"\n"))
		g.Expect(failures).To(ContainSubstring("\n  arrived: 2 events\n"))
		g.Expect(time.Since(start)).To(BeZero(), "a fixed list is not waited for")
	})
}
