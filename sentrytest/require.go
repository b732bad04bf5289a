package sentrytest

import (
	"context"
	"strings"
	"time"
)

// defaultPatience is how long a Require function waits unless Within says
// otherwise. It is only ever used up by a test that fails.
const defaultPatience = 5 * time.Second

// RequireEvent returns the first event of the source that meets all predicates.
// It waits for it, at most five seconds or what [Within] says, and not beyond
// the end of the test's own context; then it fails the test with Fatalf and a
// message that shows what was wanted, what arrived, closest first, and what was
// refused.
func RequireEvent(tb TB, src Source, preds ...Predicate) Event {
	tb.Helper()
	events := RequireEvents(tb, src, 1, preds...)
	if len(events) == 0 {
		return Event{} // only a TB whose Fatalf returns comes here
	}
	return events[0]
}

// RequireEvents is [RequireEvent] for n events: it returns the first n that
// meet all predicates, in the order of their arrival, which is not that of
// their capture where several workers deliver. That there are no more than n it
// does not say. With [InOrder] or [AnyOrder] among the predicates each event is
// wanted by itself.
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
// meets all predicates; without predicates, if it has any event. First it lets
// settle what was sent: a request that the server has begun to read is waited
// for, at most five seconds, see [Server.WaitIdle] about what a server can't
// know. So flush the client before. With [Within] it watches for that long, and
// then lets things settle.
//
// If a request is still incomplete after that, it may hold an event, and the
// test fails too. An event that meets the predicates, arrives later and is
// claimed by no assertion is named in the log of the test of a [NewServer] or a
// [Tenant].
func RequireNoEvent(tb TB, src Source, preds ...Predicate) {
	tb.Helper()
	at, all := caller(), fullSourceOf(src)
	if w := within(preds); w > 0 {
		ctx, cancel := patience(tb, preds, w)
		// The error says that nothing came, which is what was asked for.
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

// patience returns the context of one wait. A test's own deadline is not asked
// for: its Deadline method panics in a testing/synctest bubble, and its context
// ends before the test does.
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
