package sentrytest

import (
	"context"
	"strings"
	"time"
)

// defaultPatience is how long a Require function waits without Within. Only a
// failing test waits that long.
const defaultPatience = 5 * time.Second

// RequireEvent returns the first event of the source that meets all predicates.
// It waits at most five seconds, or as long as [Within] says, and not beyond
// the end of the test's own context. Without such an event it fails the test
// with Fatalf. The message shows what was wanted, what arrived, closest first,
// and what was refused.
func RequireEvent(tb TB, src Source, preds ...Predicate) Event {
	tb.Helper()
	events := RequireEvents(tb, src, 1, preds...)
	if len(events) == 0 {
		return Event{} // only a TB whose Fatalf returns comes here
	}
	return events[0]
}

// RequireEvents is [RequireEvent] for n events: it returns the first n that
// meet all predicates, in the order of arrival, which may differ from the order
// of capture if several workers deliver. More than n may arrive. With [InOrder]
// or [AnyOrder] among the predicates each event has a predicate of its own.
func RequireEvents(tb TB, src Source, n int, preds ...Predicate) []Event {
	tb.Helper()
	ctx, cancel := patience(tb, preds, defaultPatience)
	defer cancel()
	var (
		all    = fullSourceOf(src)
		events []Event
		err    error
	)
	if list, rest := splitList(preds); list != nil {
		events, err = list.wait(ctx, all, n, rest)
	} else {
		events, err = all.await(ctx, n, preds)
	}
	if err != nil {
		tb.Fatalf("%v", err)
		return nil
	}
	all.claim(events)
	return events
}

// RequireNoEvent fails the test with Fatalf if the source has an event that
// meets all predicates; without predicates, if it has any event. It first
// waits, at most five seconds, for the requests that the server has begun to
// read. [Server.WaitIdle] says what a server can't know: so flush the client
// before. With [Within] it waits that long first.
//
// It also fails if a request is still incomplete then, since that may hold an
// event. The log of the test of a [NewServer] or a [Tenant] names events that
// meet the predicates, arrive later and are claimed by no assertion.
func RequireNoEvent(tb TB, src Source, preds ...Predicate) {
	tb.Helper()
	at, all := caller(), fullSourceOf(src)
	if w := within(preds); w > 0 {
		ctx, cancel := patience(tb, preds, w)
		// An error is the wanted outcome: no event came.
		_, _ = all.await(ctx, 1, preds)
		cancel()
	}
	ctx, cancel := patience(tb, nil, defaultPatience)
	defer cancel()
	unsettled := all.settle(ctx)
	if len(firstMatches(src.Events(), 1, preds)) > 0 {
		tb.Fatalf("%s", ExplainUnexpected(src, preds...))
		return
	}
	if unsettled != nil {
		tb.Fatalf("sentrytest: cannot confirm that no event arrived: requests are still in flight\n  wanted none with: %s\n  %s",
			describe(preds), strings.TrimPrefix(unsettled.Error(), "sentrytest: "))
		return
	}
	all.wasSilent(silence{at, preds})
}

// patience returns the context of one wait. It does not use the deadline of the
// test: the Deadline method panics in a testing/synctest bubble, and the
// context of a test ends before the test does.
func patience(tb TB, preds []Predicate, d time.Duration) (context.Context, context.CancelFunc) {
	if w := within(preds); w > 0 {
		d = w
	}
	parent := context.Background()
	if c, ok := tb.(interface{ Context() context.Context }); ok {
		parent = c.Context()
	}
	return context.WithTimeout(parent, d)
}

func within(preds []Predicate) time.Duration {
	var d time.Duration
	for _, p := range preds {
		if p.within > 0 {
			d = p.within
		}
	}
	return d
}
