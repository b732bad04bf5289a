package sentrytest

import (
	"context"
	"strings"
	"time"
)

// Source is anything that has events to show: a [Server], a recording transport, an [EventList].
//
// A source may have more methods, which are then used: Wait, with the signature of [Server.Wait], to be told of events
// rather than to look for them; WaitIdle, with that of [Server.WaitIdle], to let things settle; Claim, with that of
// [Server.Claim], to learn what was expected; and Rejected() []Rejection, for better messages.
type Source interface {
	Events() []Event
}

// waiter is a source that tells when events arrive.
type waiter interface {
	Wait(ctx context.Context, n int, preds ...Predicate) ([]Event, error)
}

// EventList is a source with a fixed content: the Require functions do not wait for more.
type EventList []Event

// Events returns copies of the events.
func (l EventList) Events() []Event {
	out := make([]Event, len(l))
	for i, e := range l {
		out[i] = e.Clone()
	}
	return out
}

// Wait returns the first n events that meet the predicates, at once, or a [*WaitError].
func (l EventList) Wait(_ context.Context, n int, preds ...Predicate) ([]Event, error) {
	matched := firstMatches(l.Events(), n, preds)
	if len(matched) < n {
		return matched, newWaitError(l, n, matched, preds)
	}
	return matched, nil
}

// defaultPatience is how long a Require function waits unless Within says otherwise. It is only ever used up by a test
// that fails.
const defaultPatience = 5 * time.Second

// RequireEvent returns the first event of the source that meets all predicates. It waits for it, at most five seconds or
// what [Within] says, and not beyond the end of the test's own context; then it fails the test with Fatalf and a message
// that shows what was wanted, what arrived, closest first, and what was refused.
func RequireEvent(tb TB, src Source, preds ...Predicate) Event {
	tb.Helper()
	events := RequireEvents(tb, src, 1, preds...)
	if len(events) == 0 {
		return Event{} // only a TB whose Fatalf returns comes here
	}
	return events[0]
}

// RequireEvents is [RequireEvent] for n events: it returns the first n that meet all predicates, in the order of
// their arrival, which is not that of their capture where several workers deliver. That there
// are no more than n it does not say. With [InOrder] or [AnyOrder] among the predicates each event is wanted by itself.
func RequireEvents(tb TB, src Source, n int, preds ...Predicate) []Event {
	tb.Helper()
	ctx, cancel := patience(tb, preds, defaultPatience)
	defer cancel()
	var (
		events []Event
		err    error
	)
	if list, rest := splitList(preds); list != nil {
		events, err = list.wait(ctx, src, n, rest)
	} else {
		events, err = waitFor(ctx, src, n, preds)
	}
	if err != nil {
		tb.Fatalf("%v", err)
		return nil
	}
	claim(src, events)
	return events
}

// RequireNoEvent fails the test with Fatalf if the source has an event that meets all predicates; without predicates, if
// it has any event. First it lets settle what was sent: a request that the server has begun to read is waited for, at most
// five seconds, see [Server.WaitIdle] about what a server can't know. So flush the client before. With [Within] it
// watches for that long, and then lets things settle.
//
// If a request is still incomplete after that, nobody can tell whether it holds an event, and the test fails too. An event
// that meets the predicates, arrives later and is claimed by no assertion is named in the log of the test of a
// [NewServer] or a [Tenant].
func RequireNoEvent(tb TB, src Source, preds ...Predicate) {
	tb.Helper()
	at := caller()
	if w := within(preds); w > 0 {
		ctx, cancel := patience(tb, preds, w)
		// The error says that nothing came, which is what was asked for.
		_, _ = waitFor(ctx, src, 1, preds)
		cancel()
	}
	ctx, cancel := patience(tb, nil, defaultPatience)
	defer cancel()
	unsettled := settle(ctx, src)
	if len(firstMatches(src.Events(), 1, preds)) > 0 {
		tb.Fatalf("%s", ExplainUnexpected(src, preds...))
		return
	}
	if unsettled != nil {
		tb.Fatalf("sentrytest: nobody can tell yet that no event comes\n  wanted none with: %s\n  %s",
			describe(preds), strings.TrimPrefix(unsettled.Error(), "sentrytest: "))
		return
	}
	if s, ok := src.(interface{ wasSilent(silence) }); ok {
		s.wasSilent(silence{at, preds})
	}
}

// settle waits until a source that can tell has on record what was sent to it.
func settle(ctx context.Context, src Source) error {
	switch s := src.(type) {
	case interface{ settled(context.Context) error }:
		return s.settled(ctx)
	case interface{ WaitIdle(context.Context) error }:
		return s.WaitIdle(ctx)
	}
	return nil
}

// claim tells the source that events were expected, if that matters to it.
func claim(src Source, events []Event) {
	if c, ok := src.(interface{ Claim(...Event) }); ok {
		c.Claim(events...)
	}
}

// patience returns the context of one wait. A test's own deadline is not asked for: its Deadline method panics in a
// testing/synctest bubble, and its context ends before the test does.
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

// waitFor waits on any source. One that has no Wait is looked at again and again.
func waitFor(ctx context.Context, src Source, n int, preds []Predicate) ([]Event, error) {
	if a, ok := src.(awaiter); ok {
		return a.await(ctx, n, preds)
	}
	if w, ok := src.(waiter); ok {
		return w.Wait(ctx, n, preds...)
	}
	start := time.Now()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		matched := firstMatches(src.Events(), n, preds)
		if len(matched) >= n {
			return matched, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			err := newWaitError(src, n, matched, preds)
			err.Cause, err.Waited = context.Cause(ctx), time.Since(start)
			return matched, err
		}
	}
}

const pollInterval = 5 * time.Millisecond

func firstMatches(events []Event, n int, preds []Predicate) []Event {
	var matched []Event
	for _, e := range events {
		if len(matched) < n && matchesAll(e, preds) {
			matched = append(matched, e)
		}
	}
	return matched
}
