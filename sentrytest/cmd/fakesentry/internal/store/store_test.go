package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

func TestListPages(t *testing.T) {
	t.Parallel()
	both(t, store.Config{}, func(t *testing.T, s *store.Store) {
		g := NewWithT(t)
		for i := range 7 {
			add(t, s, arrival(t, []string{"a", "b"}[i%2], fmt.Sprint("m", i)))
		}
		page := listed(t, s, store.Filter{Key: "a"}, 0, 2)
		g.Expect(titles(page.Events)).To(Equal([]string{"m6", "m4"}))
		g.Expect(page.Total).To(Equal(4))
		page = listed(t, s, store.Filter{Key: "a"}, page.Next, 2)
		g.Expect(titles(page.Events)).To(Equal([]string{"m2", "m0"}))
		g.Expect(page.Next).To(BeZero())
		g.Expect(titles(listed(t, s, store.Filter{Query: query(t, "m3")}, 0, 10).Events)).To(Equal([]string{"m3"}))

		e, ok := s.Event(page.Events[0].EventID)
		g.Expect(ok).To(BeTrue())
		g.Expect(e.Title).To(Equal("m2"))
		same, ok := s.Event(fmt.Sprint(e.Seq))
		g.Expect(ok).To(BeTrue())
		g.Expect(same).To(BeIdenticalTo(e))
		_, ok = s.Event("absent")
		g.Expect(ok).To(BeFalse())
		older, newer, err := s.Neighbours(t.Context(), store.Filter{Key: "a"}, e.Seq)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(older.Title).To(Equal("m0"))
		g.Expect(newer.Title).To(Equal("m4"))
		older, newer, err = s.Neighbours(t.Context(), store.Filter{}, s.Last())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(older.Title).To(Equal("m5"))
		g.Expect(newer).To(BeNil())
	})
}

func TestEventKeepsItsContents(t *testing.T) {
	t.Parallel()
	both(t, store.Config{}, func(t *testing.T, s *store.Store) {
		g := NewWithT(t)
		add(t, s, arrival(t, "a", "boom"))
		e := s.Events()[0]
		g.Expect(string(e.Raw())).To(ContainSubstring(`"message":"boom"`))
		c := e.Contents()
		g.Expect(c.Message).To(Equal("boom"))
		g.Expect(c.EventID).To(Equal(e.EventID))
		g.Expect(c.SDK.Version).To(Equal("0.1.0"))
		g.Expect(c.Received.Client).To(Equal("raven.go/0.1.0"))
		g.Expect(e.Delivery.Request.Body).To(Equal("\x1f\x8bcompressed\xff"))
		d, ok := s.Delivery(e.Delivery.Seq)
		g.Expect(ok).To(BeTrue())
		g.Expect(d).To(BeIdenticalTo(e.Delivery))
	})
}

func TestBounds(t *testing.T) {
	t.Parallel()
	both(t, store.Config{MaxEvents: 3}, func(t *testing.T, s *store.Store) {
		g := NewWithT(t)
		for i := range 5 {
			add(t, s, arrival(t, "a", fmt.Sprint("m", i)), accepted(t, "{}\n{\"type\":\"session\"}\n{}"))
		}
		g.Expect(all(s)).To(Equal([]string{"m4", "m3", "m2"}))
		_, total, _ := s.Deliveries(nil, 0, 10)
		g.Expect(total).To(Equal(6), "requests without an event have their own bound")
		g.Expect(s.Stats()).To(And(HaveField("Dropped", 2), HaveField("Events", 5), HaveField("Kept", 3)))
	})
	both(t, store.Config{MaxBytes: 300_000}, func(t *testing.T, s *store.Store) {
		g := NewWithT(t)
		for range 20 {
			add(t, s, arrival(t, "a", strings.Repeat("x", 10_000)))
		}
		g.Expect(s.Stats().Bytes).To(BeNumerically("<=", 300_000))
		g.Expect(s.Stats().Kept).To(BeNumerically(">", 1))
		add(t, s, arrival(t, "a", strings.Repeat("y", 200_000)))
		g.Expect(s.Stats().Kept).To(Equal(1), "the newest stays, even if it exceeds the bound")
	})
	both(t, store.Config{MaxAge: time.Hour}, func(t *testing.T, s *store.Store) {
		g := NewWithT(t)
		young := arrival(t, "a", "young")
		young.Request.Time = time.Now()
		add(t, s, young)
		g.Expect(s.Expire(t.Context(), time.Now())).To(Succeed())
		g.Expect(all(s)).To(Equal([]string{"young"}))
		g.Expect(s.Expire(t.Context(), time.Now().Add(2*time.Hour))).To(Succeed())
		g.Expect(all(s)).To(BeEmpty())
	})
}

func TestWait(t *testing.T) {
	t.Parallel()
	both(t, store.Config{}, func(t *testing.T, s *store.Store) {
		g := NewWithT(t)
		add(t, s, arrival(t, "a", "first"))
		type result struct {
			events []*store.Event
			err    error
		}
		done := make(chan result)
		go func() {
			events, err := s.Wait(t.Context(), 2, store.Filter{Key: "a"})
			done <- result{events, err}
		}()
		add(t, s, arrival(t, "b", "other"), arrival(t, "a", "second"))
		r := <-done
		g.Expect(r.err).NotTo(HaveOccurred())
		g.Expect(titles(r.events)).To(Equal([]string{"first", "second"}))

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		events, err := s.Wait(ctx, 2, store.Filter{Query: query(t, "other")})
		g.Expect(err).To(MatchError(`1 of 2 events that match "other" arrived: context canceled`))
		g.Expect(titles(events)).To(Equal([]string{"other"}))
		g.Expect(s.Close()).To(Succeed())
		_, err = s.Wait(t.Context(), 9, store.Filter{})
		g.Expect(err).To(MatchError("3 of 9 events arrived: the store is closed"))
		g.Expect(s.Add(t.Context(), arrival(t, "a", "late"))).To(MatchError(store.ErrClosed))
	})
}

func TestFeed(t *testing.T) {
	t.Parallel()
	both(t, store.Config{MaxEvents: 2}, func(t *testing.T, s *store.Store) {
		g := NewWithT(t)
		add(t, s, arrival(t, "a", "one"), accepted(t, "{}\n{\"type\":\"session\"}\n{}"), arrival(t, "a", "two"))
		feed := s.Feed(0)
		news, missed, err := feed.Next(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(missed).To(BeFalse())
		g.Expect(news).To(HaveLen(3))
		g.Expect(news[1].Items).To(HaveExactElements(HaveField("Type", "session")))
		resumed := s.Feed(news[2].Events[0].Seq)

		arrived := make(chan []*store.Delivery)
		go func() {
			news, _, _ := resumed.Next(t.Context())
			arrived <- news
		}()
		add(t, s, arrival(t, "a", "three"))
		g.Expect((<-arrived)[0].Events[0].Title).To(Equal("three"))

		add(t, s, arrival(t, "a", "four"), arrival(t, "a", "five"), arrival(t, "a", "six"))
		news, missed, err = feed.Next(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(missed).To(BeTrue(), "three and four were dropped")
		g.Expect(news).To(HaveLen(2))
		g.Expect(s.Close()).To(Succeed())
		_, _, err = feed.Next(t.Context())
		g.Expect(err).To(MatchError(store.ErrClosed))
	})
}

func TestFeedReportsMissedNewsOnce(t *testing.T) {
	t.Parallel()
	both(t, store.Config{MaxEvents: 1}, func(t *testing.T, s *store.Store) {
		g := NewWithT(t)
		add(t, s, arrival(t, "a", "one"), arrival(t, "a", "two"), arrival(t, "a", "three"))
		g.Expect(s.Delete(t.Context(), store.Filter{})).To(Equal(1))
		feed := s.Feed(1)
		news, missed, err := feed.Next(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(missed).To(BeTrue(), "two was dropped, and nothing arrived since")
		g.Expect(news).To(BeEmpty())
		heartbeat, cancel := context.WithCancel(t.Context())
		cancel()
		_, missed, err = feed.Next(heartbeat)
		g.Expect(err).To(MatchError(context.Canceled))
		g.Expect(missed).To(BeFalse())
		add(t, s, arrival(t, "a", "four"))
		news, missed, err = feed.Next(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(missed).To(BeFalse())
		g.Expect(news).To(HaveLen(1))
	})
}

func TestFeedAfterANumberFromBeforeARestart(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := open(t, store.Config{})
	add(t, s, arrival(t, "a", "one"))
	feed := s.Feed(100)
	news, missed, err := feed.Next(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(missed).To(BeTrue())
	g.Expect(news).To(HaveLen(1))
	add(t, s, arrival(t, "a", "two"))
	_, missed, err = feed.Next(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(missed).To(BeFalse())
}

func TestFeedWithinARequest(t *testing.T) {
	t.Parallel()
	both(t, store.Config{}, func(t *testing.T, s *store.Store) {
		g := NewWithT(t)
		add(t, s, batch(t, "one", "two"), arrival(t, "a", "three"))
		first := s.Events()[2]
		news, _, err := s.Feed(first.Seq).Next(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(news).To(HaveLen(2), "two has not been read")
		news, _, err = s.Feed(first.Seq + 1).Next(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(news).To(HaveLen(1))
	})
}

func TestDelete(t *testing.T) {
	t.Parallel()
	both(t, store.Config{}, func(t *testing.T, s *store.Store) {
		g := NewWithT(t)
		add(t, s, arrival(t, "a", "one"), arrival(t, "b", "two"), arrival(t, "a", "three"), arrival(t, "k", "four"), accepted(t, "{}\n{\"type\":\"session\"}\n{}"))
		n, err := s.Delete(t.Context(), store.Filter{Query: query(t, "one")})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(n).To(Equal(1))
		id := listed(t, s, store.Filter{Key: "b"}, 0, 1).Events[0].EventID
		g.Expect(s.DeleteEvent(t.Context(), id)).To(Equal(1))
		g.Expect(s.DeleteEvent(t.Context(), id)).To(Equal(0))
		g.Expect(all(s)).To(Equal([]string{"four", "three"}))
		n, err = s.Delete(t.Context(), store.Filter{Key: "k"})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(n).To(Equal(1))
		_, total, _ := s.Deliveries(nil, 0, 10)
		g.Expect(total).To(Equal(1), "the session of the key was deleted too")
		g.Expect(s.Delete(t.Context(), store.Filter{})).To(Equal(1))
		g.Expect(s.Stats()).To(And(HaveField("Kept", 0), HaveField("Bytes", BeZero())))
	})
}

// batch is a request with several events.
func batch(t *testing.T, texts ...string) *sentrytest.Arrival {
	t.Helper()
	a := arrival(t, "a", texts[0])
	for _, text := range texts[1:] {
		a.Events = append(a.Events, arrival(t, "a", text).Events...)
	}
	return a
}

func TestAllEventsOfARequestAreDeletedTogether(t *testing.T) {
	t.Parallel()
	both(t, store.Config{}, func(t *testing.T, s *store.Store) {
		g := NewWithT(t)
		add(t, s, batch(t, "one", "two", "three"), arrival(t, "a", "four"), batch(t, "five", "six"))
		g.Expect(s.DeleteEvent(t.Context(), s.Events()[4].EventID)).To(Equal(3))
		g.Expect(all(s)).To(Equal([]string{"six", "five", "four"}))
		g.Expect(s.Delete(t.Context(), store.Filter{Query: query(t, "six")})).To(Equal(2))
		g.Expect(all(s)).To(Equal([]string{"four"}))
	})
}

// A search ends when its reader has left.
func TestSearchesEndWithTheirContext(t *testing.T) {
	t.Parallel()
	both(t, store.Config{}, func(t *testing.T, s *store.Store) {
		g := NewWithT(t)
		add(t, s, arrival(t, "a", "one"), arrival(t, "a", "two"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.List(ctx, store.Filter{}, 0, 1)
		g.Expect(err).To(MatchError(context.Canceled))
		_, _, err = s.Neighbours(ctx, store.Filter{}, 1)
		g.Expect(err).To(MatchError(context.Canceled))
		_, err = s.Delete(ctx, store.Filter{Query: query(t, "one")})
		g.Expect(err).To(MatchError(context.Canceled))
		g.Expect(all(s)).To(HaveLen(2), "nothing was deleted")
	})
}

func TestHeldCountsTheContents(t *testing.T) {
	t.Parallel()
	both(t, store.Config{MaxEvents: 2}, func(t *testing.T, s *store.Store) {
		g := NewWithT(t)
		report := accepted(t, "{}\n{\"type\":\"client_report\"}\n"+`{"discarded_events":[{"reason":"queue_overflow","category":"error","quantity":3}]}`)
		refused := &sentrytest.Arrival{Request: sentrytest.Request{PublicKey: "a"}, Rejection: &sentrytest.Rejection{Status: 400}}
		add(t, s, arrival(t, "a", "one"), arrival(t, "a", "two"), batch(t, "three", "four"), report, refused)
		held := s.Held()
		g.Expect(held).To(And(HaveField("Requests", 4), HaveField("Events", 3), HaveField("Kept", 3), HaveField("Refused", 1), HaveField("Dropped", 1)))
		g.Expect(held.Discarded).To(Equal([]fakesentryclient.Discarded{{Reason: "queue_overflow", Category: "error", Quantity: 3}}))
		g.Expect(s.Delete(t.Context(), store.Filter{Key: "a"})).To(Equal(3))
		g.Expect(s.Held()).To(And(HaveField("Requests", 1), HaveField("Refused", 0), HaveField("Dropped", 1), HaveField("Discarded", HaveLen(1))))
		g.Expect(s.Delete(t.Context(), store.Filter{})).To(Equal(0))
		g.Expect(s.Held()).To(Equal(fakesentryclient.Stats{Levels: map[string]int{}, Items: map[string]int{}, Discarded: []fakesentryclient.Discarded{}}))
		g.Expect(s.Stats()).To(And(HaveField("Requests", 5), HaveField("Events", 4), HaveField("Discarded", HaveLen(1))), "counters never decrease")
	})
}

func TestTenants(t *testing.T) {
	t.Parallel()
	both(t, store.Config{}, func(t *testing.T, s *store.Store) {
		g := NewWithT(t)
		one, err := s.Mint(t.Context(), "one")
		g.Expect(err).NotTo(HaveOccurred())
		two, err := s.Mint(t.Context(), "")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(one.Key).To(MatchRegexp("^[0-9a-f]{32}$"))
		g.Expect([]string{one.ProjectID, two.ProjectID}).To(Equal([]string{"2", "3"}))
		g.Expect(s.Tenants()).To(Equal([]fakesentryclient.Tenant{one, two}))
		add(t, s, arrival(t, one.Key, "of one"), arrival(t, two.Key, "of two"))
		g.Expect(s.DeleteTenant(t.Context(), one.Key)).To(BeTrue())
		g.Expect(s.DeleteTenant(t.Context(), one.Key)).To(BeFalse())
		g.Expect(all(s)).To(Equal([]string{"of two"}))
		_, ok := s.Tenant(one.Key)
		g.Expect(ok).To(BeFalse())
	})
}

func TestStats(t *testing.T) {
	t.Parallel()
	both(t, store.Config{}, func(t *testing.T, s *store.Store) {
		g := NewWithT(t)
		faulty := &sentrytest.Arrival{Request: sentrytest.Request{Answer: sentrytest.Answer{Status: 429, Step: "Status(429)"}}}
		refused := &sentrytest.Arrival{Rejection: &sentrytest.Rejection{Status: 400, Reason: "nonsense"}}
		report := accepted(t, "{}\n{\"type\":\"client_report\"}\n"+
			`{"discarded_events":[{"reason":"queue_overflow","category":"error","quantity":3},{"reason":"sample_rate","category":"error","quantity":2}]}`+"\n"+
			"{\"type\":\"client_report\"}\n"+`{"discarded_events":[{"reason":"queue_overflow","category":"error","quantity":1}]}`+"\n{\"type\":\"client_report\"}\nnonsense")
		add(t, s, arrival(t, "a", "one"), faulty, refused, report)
		st := s.Stats()
		g.Expect(st).To(And(HaveField("Requests", 4), HaveField("Events", 1), HaveField("Refused", 1), HaveField("Faults", 1)))
		g.Expect(st.Levels).To(Equal(map[string]int{"warning": 1}))
		g.Expect(st.Items).To(Equal(map[string]int{"client_report": 3}))
		g.Expect(st.Discarded).To(Equal([]fakesentryclient.Discarded{
			{Reason: "queue_overflow", Category: "error", Quantity: 4}, {Reason: "sample_rate", Category: "error", Quantity: 2},
		}))
	})
}
