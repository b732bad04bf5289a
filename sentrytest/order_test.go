package sentrytest_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

func eventList(t *testing.T, texts ...string) sentrytest.EventList {
	t.Helper()
	var list sentrytest.EventList
	for _, text := range texts {
		list = append(list, parse(t, message(text)))
	}
	return list
}

func TestRequireEventsInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory(), sentrytest.FailOnUnclaimed(), sentrytest.Allow(sentrytest.HasMessageMatching("b|noise")))
		var client sync.WaitGroup
		client.Go(func() {
			for _, text := range []string{"b", "noise", "a", "noise", "b", "c"} {
				time.Sleep(time.Minute)
				store(t, srv, message(text))
			}
		})
		a, b, c := sentrytest.HasMessage("a"), sentrytest.HasMessage("b"), sentrytest.HasMessage("c")
		events := sentrytest.RequireEvents(t, srv, 3, sentrytest.InOrder(a, b, c), sentrytest.HasLevel("error"), sentrytest.Within(time.Hour))
		g.Expect(messages(events)).To(Equal([]string{"a", "b", "c"}))
		events = sentrytest.RequireEvents(t, srv, 3, sentrytest.AnyOrder(c, b, a))
		g.Expect(messages(events)).To(Equal([]string{"c", "b", "a"}))
		client.Wait()
	})
}

// Each predicate gets an event of its own, even if the first one that it meets
// is another's only one.
func TestRequireEventsInAnyOrderMovesEventsAround(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	list := eventList(t, "a", "b")
	anything, a := sentrytest.HasMessageMatching("a|b"), sentrytest.HasMessage("a")
	events := sentrytest.RequireEvents(t, list, 2, sentrytest.AnyOrder(anything, a))
	g.Expect(messages(events)).To(Equal([]string{"b", "a"}))
}

func TestOrderFailures(t *testing.T) {
	t.Parallel()
	list := eventList(t, "c", "a", "bb")
	has := sentrytest.HasMessage
	cases := []struct {
		name  string
		src   sentrytest.Source
		n     int
		preds []sentrytest.Predicate
		want  string
	}{
		{"in order", list, 3, []sentrytest.Predicate{sentrytest.InOrder(has("a"), has("b"), has("c")), sentrytest.HasLevel("error")}, `sentrytest: 1 of 3 wanted events
  wanted of each: level error
  wanted, in this order:
    message "a": event 2
    message "b": missing; event 3 comes closest
        message
          want: "b"
          got:  "bb"
    message "c": too early, as event 1
  arrived: 3 events
    1. error "c"
    2. error "a"
    3. error "bb"`},
		{"any order", list, 2, []sentrytest.Predicate{sentrytest.AnyOrder(has("a"), has("a"))}, `sentrytest: 1 of 2 wanted events
  wanted, in any order:
    message "a": event 2
    message "a": only event 2, which another predicate needs
  arrived: 3 events
    1. error "c"
    2. error "a"
    3. error "bb"`},
		{"nothing", sentrytest.EventList{}, 1, []sentrytest.Predicate{sentrytest.InOrder(has("a"))}, `sentrytest: 0 of 1 wanted event
  wanted, in this order:
    message "a": missing
  arrived: nothing`},
		{"count", list, 2, []sentrytest.Predicate{sentrytest.InOrder(has("a"))}, `sentrytest: RequireEvents is asked for 2 events, and its list has 1 predicate`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			failures, _ := run(t, func(tb *fakeTB) { sentrytest.RequireEvents(tb, c.src, c.n, c.preds...) })
			g.Expect(failures).To(Equal(c.want))
		})
	}
}

func TestOrderElsewhere(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	p := sentrytest.InOrder(sentrytest.HasMessage("a"), sentrytest.HasMessage("b"))
	g.Expect(p.String()).To(Equal(`in order (message "a", message "b")`))
	g.Expect(p.Match(parse(t, message("b")))).To(Succeed())
	g.Expect(p.Match(parse(t, message("c")))).NotTo(Succeed())
}

// The closest event is the one that lacks the least, and of those that lack as
// much the most similar one. The diff has only what differs.
func TestClosestEvent(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	list := sentrytest.EventList{
		parse(t, `{"message":"far","level":"info"}`),
		parse(t, `{"message":"payment 7 refused by the bank, which gave no reason: try another card","level":"fatal","extra":{"job":{"id":1,"tries":[1,2,3]}}}`),
		parse(t, `{"message":"payment 7 refused by the bank, which gave no reason: try another tack","level":"error",
			"exception":[{"type":"A","value":"x"},{"type":"BankError","value":"refuse"}],
			"extra":{"job":{"id":2,"tries":[0,1,2,3],"by":"cron"}}}`),
	}
	failures, _ := run(t, func(tb *fakeTB) {
		sentrytest.RequireEvent(tb, list,
			sentrytest.HasMessage("payment 7 refused by the bank, which gave no reason: try another card"),
			sentrytest.HasException("BankError", "refused"),
			sentrytest.HasLevel("error"),
			sentrytest.HasExtra("job", map[string]any{"id": 2, "tries": []int{1, 2, 3}, "at": "noon"}))
	})
	g.Expect(failures).To(ContainSubstring(`
  closest: error "payment 7 refused by the bank, which gave no reason: try another tack" BankError: "refuse"
    message
      want: …reason: try another card"
      got:  …reason: try another tack"
    exception
      want: BankError: "refused"
      got:  BankError: "refuse", and 1 that are less like it
    extra job.at
      want: "noon"
      got:  nothing
    extra job.by
      want: nothing
      got:  "cron"
    extra job.tries.0
      want: nothing
      got:  0
  arrived: 3 events
    error "payment 7`))
	g.Expect(failures).To(HaveSuffix(`
    info "far": message is "far"; there is no exception; level is "info"; there is no extra job, nor any other`))
}

func TestMismatch(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	err := sentrytest.HasTag("shard", "7").Match(parse(t, `{"tags":{"shard":"8"}}`))
	var m *sentrytest.Mismatch
	g.Expect(err).To(BeAssignableToTypeOf(m))
	m = err.(*sentrytest.Mismatch)
	g.Expect(m.Fields).To(Equal([]sentrytest.FieldDiff{{Field: "tag shard", Want: `"7"`, Got: `"8"`}}))
	g.Expect(m.Fields[0].String()).To(Equal("tag shard\n  want: \"7\"\n  got:  \"8\""))
}
