package sentrytest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestWaitReturnsAsSoonAsEnoughMatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		store(t, srv, message("early"))
		var client sync.WaitGroup
		client.Go(func() {
			for i := range 4 {
				time.Sleep(time.Minute)
				store(t, srv, fmt.Sprintf(`{"message":"m%d","level":%q}`, i, []string{"error", "info"}[i%2]))
			}
		})
		start := time.Now()
		events, err := srv.Wait(t.Context(), 3, sentrytest.HasLevel("error"))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(time.Since(start)).To(Equal(3 * time.Minute))
		g.Expect(messages(events)).To(Equal([]string{"early", "m0", "m2"}))

		events, err = srv.Wait(t.Context(), 1)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(messages(events)).To(Equal([]string{"early"}))
		events, err = srv.Wait(t.Context(), 0)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(events).To(BeEmpty())
		client.Wait()
	})
}

func messages(events []sentrytest.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, e.Message)
	}
	return out
}

func TestWaitError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Script(sentrytest.OK().Times(4), sentrytest.Status(429).RetryAfter("30"), sentrytest.Reset())
		store(t, srv, `{"event_id":"00000000000040008000000000000001","message":"far","level":"info"}`)
		store(t, srv, `{"event_id":"00000000000040008000000000000002","message":"boom","tags":{"shard":"8"}}`)
		store(t, srv, `{"event_id":"00000000000040008000000000000003","message":"boom","tags":{"shard":"7"}}`)
		store(t, srv, "nonsense!")
		store(t, srv, message("boom"))
		_, err := trySend(t, srv, "POST", storePath, message("boom"), authLine)
		g.Expect(err).To(HaveOccurred())

		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		events, err := srv.Wait(ctx, 2, sentrytest.HasMessage("boom"), sentrytest.HasTag("shard", "7"))
		g.Expect(messages(events)).To(Equal([]string{"boom"}))
		g.Expect(err).To(MatchError(context.DeadlineExceeded))
		g.Expect(err.Error()).To(Equal(`sentrytest: 1 of 2 wanted events after 1.5s
  wanted: message "boom" and tag shard="7"
  closest: error "boom" (00000000000040008000000000000002)
    tag shard
      want: "7"
      got:  "8"
  arrived: 3 events
    error "boom" (00000000000040008000000000000003) matches
    error "boom" (00000000000040008000000000000002): tag shard is "8"
    info "far" (00000000000040008000000000000001): message is "far"; there is no tag shard, nor any other
  refused: 1 request
    POST /api/1/store/ -> 400 invalid request body: neither a JSON object nor base64 of one: illegal base64 data at input byte 8
  not counted:
    POST /api/1/store/, 18 bytes -> 429 by script step Status(429).RetryAfter("30")
    POST /api/1/store/, 18 bytes -> no answer by script step Reset()`))
		var wait *sentrytest.WaitError
		g.Expect(errors.As(err, &wait)).To(BeTrue())
		g.Expect(wait.Arrived).To(HaveLen(3))
		g.Expect(wait.Rejected).To(HaveLen(1))
		g.Expect(wait.Want).To(Equal(2))
	})
}

func TestWaitErrorIsBounded(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	for range 13 {
		store(t, srv, message("x"))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := srv.Wait(ctx, 1, sentrytest.HasMessage("y"))
	g.Expect(err.Error()).To(ContainSubstring("arrived: 13 events"))
	g.Expect(err.Error()).To(ContainSubstring("and 3 more"))
}

func TestWaitEndsWithTheServer(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	done := make(chan error, 1)
	go func() {
		_, err := srv.Wait(context.Background(), 1)
		done <- err
	}()
	g.Expect(srv.Close()).To(Succeed())
	g.Expect(<-done).To(MatchError(sentrytest.ErrClosed))
	_, err := srv.Wait(t.Context(), 0)
	g.Expect(err).NotTo(HaveOccurred())
}

func TestWaitStartsOverAfterClear(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		store(t, srv, message("before"))
		done := make(chan []sentrytest.Event, 1)
		go func() {
			events, _ := srv.Wait(t.Context(), 2)
			done <- events
		}()
		synctest.Wait()
		srv.Clear()
		store(t, srv, message("a"))
		synctest.Wait()
		store(t, srv, message("b"))
		g.Expect(messages(<-done)).To(Equal([]string{"a", "b"}))
	})
}

// Close wakes whoever waits, and does not leave it to the context.
func TestCloseWakesAWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		woken := make(chan error, 1)
		go func() {
			_, err := srv.Wait(t.Context(), 1)
			woken <- err
		}()
		synctest.Wait()
		g.Expect(srv.Close()).To(Succeed())
		g.Expect(<-woken).To(MatchError(sentrytest.ErrClosed))
	})
}

// The text says what to look at when nobody has come, and why the wait ended
// unless the time simply passed.
func TestWaitErrorWhenNobodyConnected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := srv.Wait(ctx, 1)
		g.Expect(err).To(MatchError(context.DeadlineExceeded))
		g.Expect(err.Error()).To(Equal("sentrytest: 0 of 1 wanted event after 1s\n  wanted: anything\n  arrived: nothing\n" +
			"    no client has connected to " + srv.URL() + ": check that the client uses srv.DSN() and srv.DialContext and is flushed before its program ends"))
		canceled, stop := context.WithCancel(t.Context())
		stop()
		_, err = srv.Wait(canceled, 1)
		g.Expect(err).To(MatchError(HavePrefix("sentrytest: 0 of 1 wanted event: context canceled\n")))
	})
}

func TestExplainWhenNobodyConnected(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sharedServer(t)
	const check = "and is flushed before its program ends"
	g.Expect(sentrytest.Explain(srv)).To(HaveSuffix("no client has connected to " + srv.URL() + ": check that the client uses srv.DSN() " + check))
	g.Expect(sentrytest.Explain(srv.Tenant(t))).To(HaveSuffix(": check that the client uses tenant.DSN() " + check))
	g.Expect(sentrytest.Explain(sentrytest.EventList{})).To(HaveSuffix("arrived: nothing"))
	store(t, srv, "nonsense!")
	g.Expect(sentrytest.Explain(srv)).NotTo(ContainSubstring("no client has connected"))
}
