package transporttest

import (
	"errors"
	"fmt"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

var limitCases = []Case{
	{
		Name: "HeldAfter429", Rule: "A packet under a rate limit of an earlier answer is not sent: the outcome is a *RateLimitedError that is Held.",
		run: heldAfter429,
	},
	{
		Name: "HeldByCategory", Rule: "X-Sentry-Rate-Limits on an answer of any status holds back the categories that it names, and no others.",
		run: heldByCategory,
	},
	{
		Name: "LimitsApart", Rule: "Limits are kept per DSN: one server's limits do not affect another transport.",
		run: limitsApart,
	},
}

// held checks the outcome of a packet that a limit must hold back.
func (t *trial) held(how string, p *transport.Packet, o outcome) {
	t.Helper()
	limited, ok := errors.AsType[*transport.RateLimitedError](o.err)
	switch {
	case !ok || !limited.Held:
		t.Errorf("%s: want a *RateLimitedError that is Held, got %v", how, o)
	case limited.EventID != p.EventID || limited.RetryAfter <= 0:
		t.Errorf("%s: want the id %s and the remaining time, got %+v", how, p.EventID, limited)
	}
}

func heldAfter429(t *trial) {
	for i := range t.open(t.serve()).ways() {
		srv := t.serve(sentrytest.Status(429).RetryAfter("600"))
		l := t.open(srv)
		w := l.ways()[i]
		if o := w.send(l.packet()); o.err == nil {
			t.Errorf("%s: want an error for the answer 429, got %v", w.name, o)
		}
		for _, category := range []string{"error", "transaction", ""} {
			p := l.packet()
			p.Category = category
			t.held(w.name+" of category "+category, p, w.send(p))
		}
		if n := len(srv.Requests()); n != 1 {
			t.Errorf("%s: want one request before the limit, got %d", w.name, n)
		}
	}
}

func heldByCategory(t *trial) {
	for _, status := range []int{200, 400} {
		for i := range t.open(t.serve()).ways() {
			srv := t.serve(sentrytest.Status(status).RateLimits("600:transaction;session:organization"))
			l := t.open(srv)
			w, first := l.ways()[i], l.packet()
			o := w.send(first)
			if o.r != nil && o.r.RateLimits.Deadline("transaction").IsZero() {
				t.Errorf("%s: the response does not have the limits of the answer: %+v", w.name, o.r)
			}
			second, transaction := l.packet(), l.packet()
			transaction.Category = "transaction"
			how := fmt.Sprintf("%s after status %d", w.name, status)
			t.held(how+" of a transaction", transaction, w.send(transaction))
			t.delivered(how+" of an error", second, w.send(second))
			if arrived(srv, transaction) {
				t.Errorf("%s: the server got a packet under a limit", how)
			}
		}
	}
}

func limitsApart(t *trial) {
	limited := t.open(t.serve(sentrytest.Status(429).RetryAfter("600").Optional()))
	limited.ways()[0].send(limited.packet())
	other := t.open(t.serve())
	other.each(other.ways(), " to another server", t.delivered)
}
