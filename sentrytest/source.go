package sentrytest

import (
	"context"
	"slices"
	"time"
)

// Source has events: a [Server], a recording transport, an [EventList].
//
// The Require functions use more methods if a source has them: Wait, with the
// signature of [Server.Wait], instead of polling; WaitIdle, with that of
// [Server.WaitIdle], before they rely on what has arrived; Claim, with that of
// [Server.Claim], for the events that they return; and Rejected() []Rejection,
// for better messages.
type Source interface {
	Events() []Event
}

// EventList is a source with fixed events: the Require functions do not wait.
type EventList []Event

// Events returns copies of the events.
func (l EventList) Events() []Event {
	out := make([]Event, len(l))
	for i, e := range l {
		out[i] = e.Clone()
	}
	return out
}

// Wait returns the first n events that meet the predicates, at once, or a
// [*WaitError].
func (l EventList) Wait(_ context.Context, n int, preds ...Predicate) ([]Event, error) {
	matched := firstMatches(l.Events(), n, preds)
	if len(matched) < n {
		return matched, newWaitError(otherSource{l}, n, matched, preds)
	}
	return matched, nil
}

// fullSource is everything that assertions need of a source.
type fullSource interface {
	Source
	// await returns the first n events that meet the predicates, or a
	// *WaitError with those that there were.
	await(ctx context.Context, n int, preds []Predicate) ([]Event, error)
	settle(ctx context.Context) error // until what was sent is on record
	claim(events []Event)
	requests() (all []Request, ok bool) // ok is false for a source without requests
	brought() map[string]int            // how often each event id arrived, with an item of any type
	Rejected() []Rejection
	dropped() int         // events that MaxHistory dropped
	notes() []string      // what explains missing events
	nobody() string       // what to check when no client has connected; "" when one has
	wasSilent(silence)    // note that a RequireNoEvent has passed
	watch(c *CanaryValue) // search again when the source ends
}

// fullSourceOf adapts any source.
func fullSourceOf(src Source) fullSource {
	own, ok := src.(interface{ full() ownSource })
	if !ok {
		return otherSource{src}
	}
	switch src.(type) {
	case *Server, *Tenant:
		return own.full()
	}
	return wrappedSource{own.full(), src}
}

// wrappedSource is a type that embeds a server or a tenant, and may have
// methods Events and Claim of its own.
type wrappedSource struct {
	ownSource
	src Source
}

func (w wrappedSource) Events() []Event { return w.src.Events() }

func (w wrappedSource) brought() map[string]int { return otherSource{w.src}.brought() }

func (w wrappedSource) claim(events []Event) { otherSource{w.src}.claim(events) }

// ownSource is a server or a tenant.
type ownSource struct {
	*scope
	srv     *Server
	last    *lastLook
	expects func(project string) bool // whether a request under way may be the source's; nil for all
	name    string                    // of the variable in messages
}

func (s *Server) full() ownSource { return ownSource{&s.scope, s, &s.last, nil, "srv"} }

func (t *Tenant) full() ownSource {
	return ownSource{&t.scope, t.srv, &t.last, t.expects, "tenant"}
}

func (o ownSource) await(ctx context.Context, n int, preds []Predicate) ([]Event, error) {
	start := time.Now()
	matched, cause := o.wait(ctx, n, preds)
	if cause == nil {
		return matched, nil
	}
	e := newWaitError(o, n, matched, preds)
	e.Cause, e.Waited = cause, time.Since(start)
	return matched, e
}

// settle waits until requests are recorded, not until they are answered.
func (o ownSource) settle(ctx context.Context) error {
	return o.srv.rest(ctx, false, o.expects)
}

func (o ownSource) requests() ([]Request, bool) { return o.Requests(), true }
func (o ownSource) dropped() int                { return o.srv.Dropped().Events }
func (o ownSource) wasSilent(what silence)      { o.last.remember(what) }
func (o ownSource) watch(c *CanaryValue)        { o.last.watch(c) }

// notes lists the requests that steps answered, unowned events, and failed
// connections.
func (o ownSource) notes() []string {
	notes := append(stepNotes(o.scope), o.srv.unownedLines()...)
	return append(notes, o.srv.connectionNotes(o.name+".DSN")...)
}

func (o ownSource) nobody() string { return o.srv.nobodyAsks(o.name + ".DSN()") }

// otherSource is any source, which may have some of the methods that [Source]
// names.
type otherSource struct{ Source }

// await polls a source that has no Wait.
func (o otherSource) await(ctx context.Context, n int, preds []Predicate) ([]Event, error) {
	if w, ok := o.Source.(interface {
		Wait(ctx context.Context, n int, preds ...Predicate) ([]Event, error)
	}); ok {
		return w.Wait(ctx, n, preds...)
	}
	start := time.Now()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		matched := firstMatches(o.Events(), n, preds)
		if len(matched) >= n {
			return matched, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			err := newWaitError(o, n, matched, preds)
			err.Cause, err.Waited = context.Cause(ctx), time.Since(start)
			return matched, err
		}
	}
}

const pollInterval = 5 * time.Millisecond

func (o otherSource) settle(ctx context.Context) error {
	if s, ok := o.Source.(interface{ WaitIdle(context.Context) error }); ok {
		return s.WaitIdle(ctx)
	}
	return nil
}

func (o otherSource) claim(events []Event) {
	if c, ok := o.Source.(interface{ Claim(...Event) }); ok {
		c.Claim(events...)
	}
}

func (o otherSource) requests() ([]Request, bool) {
	r, ok := o.Source.(interface{ Requests() []Request })
	if !ok {
		return nil, false
	}
	return r.Requests(), true
}

func (o otherSource) brought() map[string]int {
	all := o.Events()
	if s, ok := o.Source.(interface{ Transactions() []Event }); ok {
		all = slices.Concat(all, s.Transactions())
	}
	ids := map[string]int{}
	for _, e := range all {
		ids[e.EventID]++
	}
	if s, ok := o.Source.(interface{ Envelopes() []Envelope }); ok {
		for _, e := range s.Envelopes() {
			if e.carriesOther() {
				ids[e.EventID]++
			}
		}
	}
	return ids
}

func (o otherSource) Rejected() []Rejection {
	if s, ok := o.Source.(interface{ Rejected() []Rejection }); ok {
		return s.Rejected()
	}
	return nil
}

func (otherSource) dropped() int       { return 0 }
func (otherSource) notes() []string    { return nil }
func (otherSource) nobody() string     { return "" }
func (otherSource) wasSilent(silence)  {}
func (otherSource) watch(*CanaryValue) {}

func firstMatches(events []Event, n int, preds []Predicate) []Event {
	var matched []Event
	for _, e := range events {
		if len(matched) < n && matchesAll(e, preds) {
			matched = append(matched, e)
		}
	}
	return matched
}
