package sentrytest_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// book is a ledger that says the same all the time.
type book struct {
	outcomes  map[string]string
	forgotten uint64
}

func (b book) Ledger() (map[string]string, uint64) { return b.outcomes, b.forgotten }

// settlingBook has its only event pending until some time.
type settlingBook struct {
	until time.Time
	after string
}

func (b settlingBook) Ledger() (map[string]string, uint64) {
	if time.Now().Before(b.until) {
		return map[string]string{eventID(1): "pending"}, 0
	}
	return map[string]string{eventID(1): b.after}, 0
}

func eventID(n int) string { return fmt.Sprintf("000000000000400080000000000000%02x", n) }

func eventWithID(n int) string { return fmt.Sprintf(`{"event_id":%q}`, eventID(n)) }

func TestRequireNoLoss(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	store(t, srv, eventWithID(1))
	store(t, srv, eventWithID(2))
	envelope(t, srv, fmt.Sprintf("{\"event_id\":%q}\n{\"type\":\"transaction\"}\n{}", eventID(3)))
	envelope(t, srv, fmt.Sprintf("{\"event_id\":%q}\n{\"type\":\"feedback\"}\n{}", eventID(8)))
	store(t, srv, fmt.Sprintf(`{"event_id":%q,"type":"transaction"}`, eventID(9)))
	ledger := book{outcomes: map[string]string{
		"00000000-0000-4000-8000-000000000001": "delivered", eventID(2): "network: timeout", eventID(3): "delivered",
		eventID(4): "sampled", eventID(5): "filtered: by a processor", eventID(6): "ignored", eventID(7): "throttled",
		eventID(8): "delivered", eventID(9): "delivered",
	}}
	failures, logs := run(t, func(tb *fakeTB) { sentrytest.RequireNoLoss(tb, ledger, srv) })
	g.Expect(failures + logs).To(BeEmpty())
	store(t, srv, eventWithID(2))
	failures, logs = run(t, func(tb *fakeTB) { sentrytest.RequireNoLoss(tb, ledger, srv) })
	g.Expect(failures).To(BeEmpty())
	g.Expect(logs).To(Equal("sentrytest: 0 of 9 events lost\n  for information, what arrived more than once:\n    " + eventID(2) + " arrived 2 times"))
}

func TestRequireNoLossFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		for _, n := range []int{1, 1, 9} {
			store(t, srv, eventWithID(n))
		}
		envelope(t, srv, fmt.Sprintf("{\"event_id\":%q,\"dsn\":\"http://other@h/1\"}\n", eventID(4)))
		ledger := book{outcomes: map[string]string{
			eventID(1): "delivered", eventID(2): "queue_full", eventID(3): "pending", eventID(4): "rejected: 400",
			eventID(5): "delivered", eventID(6): "sampled",
		}}
		start := time.Now()
		failures, _ := run(t, func(tb *fakeTB) { sentrytest.RequireNoLoss(tb, ledger, srv) })
		g.Expect(time.Since(start)).To(Equal(5 * time.Second))
		g.Expect(failures).To(Equal(`sentrytest: 4 of 6 events lost
    ` + eventID(5) + `: the client reports it as delivered, but the server never received it
    ` + eventID(2) + `: queue_full
    ` + eventID(3) + `: still pending after 5s
    ` + eventID(4) + `: rejected: 400; the server refused it: POST /api/1/envelope/ -> 400 invalid event envelope: public key header mismatch between envelope and request
  the server has 1 event that the ledger does not know:
    ` + eventID(9) + `
  for information, what arrived more than once:
    ` + eventID(1) + ` arrived 2 times`))

		failures, _ = run(t, func(tb *fakeTB) {
			sentrytest.RequireNoLoss(tb, book{outcomes: map[string]string{eventID(1): "delivered"}, forgotten: 3}, srv)
		})
		g.Expect(failures).To(HavePrefix(`sentrytest: 0 of 1 event lost
  the client has forgotten what became of 3 older events: let it remember more, with raven.WithLedger(4)
  for information`))
	})
}

func TestRequireNoLossAndSpools(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t, sentrytest.InMemory())
	store(t, srv, eventWithID(1))
	ledger := book{outcomes: map[string]string{eventID(1): "recovered", eventID(2): "spooled: connection refused", eventID(3): "spooled"}}
	failures, logs := run(t, func(tb *fakeTB) { sentrytest.RequireNoLoss(tb, ledger, srv) })
	g.Expect(failures).To(BeEmpty())
	g.Expect(logs).To(ContainSubstring("for information, 2 events on disk for the next process"))
	ledger.outcomes[eventID(4)] = "recovered"
	failures, _ = run(t, func(tb *fakeTB) { sentrytest.RequireNoLoss(tb, ledger, srv) })
	g.Expect(failures).To(ContainSubstring(eventID(4) + ": the client reports it as recovered, but the server never received it"))
}

func TestRequireNoLossWaitsForPending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		start := time.Now()
		list := sentrytest.EventList{parse(t, eventWithID(1))}
		list[0].EventID = eventID(1)
		sentrytest.RequireNoLoss(t, settlingBook{start.Add(time.Second), "delivered"}, list)
		g.Expect(time.Since(start)).To(BeNumerically("~", time.Second, 10*time.Millisecond))
	})
}

// A server that forgets can't testify.
func TestRequireNoLossAndMaxHistory(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sharedServer(t, sentrytest.MaxHistory(1))
	tenant := srv.Tenant(t)
	reportTo(t, srv, tenant.DSN(), eventWithID(1))
	reportTo(t, srv, tenant.DSN(), eventWithID(2))
	for _, src := range []sentrytest.Source{srv, tenant} {
		failures, _ := run(t, func(tb *fakeTB) {
			sentrytest.RequireNoLoss(tb, book{outcomes: map[string]string{eventID(1): "delivered", eventID(2): "delivered"}}, src)
		})
		g.Expect(failures).To(Equal("sentrytest: 1 of 2 events lost\n    " + eventID(1) +
			": the client reports it as delivered, but the server never received it\n" +
			"  MaxHistory dropped 1 event, which may be these: let it keep more"))
	}
}
