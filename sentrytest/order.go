package sentrytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// predicateList is a list of wanted events, each with its own predicate.
type predicateList struct {
	ordered bool
	preds   []Predicate
}

// InOrder asks for one event for each predicate, in this order; other events
// may come in between:
//
//	RequireEvents(t, srv, 2, InOrder(HasMessage("start"), HasMessage("end")))
//
// It is for [RequireEvents], with as many events as there are predicates; the
// predicates beside it hold for all of the events. Anywhere else it is met by
// an event that meets one of the predicates. Events arrive in the order of
// capture only if one worker delivers them.
func InOrder(preds ...Predicate) Predicate { return listPredicate("in order", true, preds) }

// AnyOrder is [InOrder] for events in any order. [RequireEvents] returns a
// different event for each predicate, in the order of the predicates.
func AnyOrder(preds ...Predicate) Predicate { return listPredicate("in any order", false, preds) }

func listPredicate(how string, ordered bool, preds []Predicate) Predicate {
	p := AnyOf(preds...)
	p.text = how + " (" + join(preds, ", ") + ")"
	p.list = &predicateList{ordered, slices.Clone(preds)}
	return p
}

// splitList splits the last list from the other predicates.
func splitList(preds []Predicate) (*predicateList, []Predicate) {
	for i := len(preds) - 1; i >= 0; i-- {
		if preds[i].list != nil {
			return preds[i].list, slices.Concat(preds[:i], preds[i+1:])
		}
	}
	return nil, preds
}

// wait returns one event for each predicate. It waits for one event more until
// they fit.
func (l *predicateList) wait(ctx context.Context, src fullSource, n int, rest []Predicate) ([]Event, error) {
	if n != len(l.preds) {
		return nil, fmt.Errorf("sentrytest: RequireEvents is asked for %s, and its list has %s", texts.Count(n, "event"), texts.Count(len(l.preds), "predicate"))
	}
	start := time.Now()
	any := append(slices.Clone(rest), AnyOf(l.preds...))
	for need := n; ; need++ {
		candidates, err := src.await(ctx, need, any)
		places, found := l.assign(candidates)
		if found == n {
			events := make([]Event, n)
			for i, at := range places {
				events[i] = candidates[at]
			}
			return events, nil
		}
		if err != nil {
			return nil, l.failure(ctx, src, rest, time.Since(start))
		}
	}
}

// assign finds an event for each predicate: its index, or -1.
func (l *predicateList) assign(events []Event) (places []int, found int) {
	if l.ordered {
		return l.assignInOrder(events)
	}
	places = make([]int, len(l.preds))
	for i := range places {
		places[i] = -1
	}
	for i := range l.preds {
		if l.place(i, events, places, make([]bool, len(events))) {
			found++
		}
	}
	return places, found
}

// assignInOrder gives each predicate the first remaining event that meets it.
func (l *predicateList) assignInOrder(events []Event) (places []int, found int) {
	next := 0
	for _, p := range l.preds {
		at := slices.IndexFunc(events[next:], func(e Event) bool { return p.Match(e) == nil })
		if at < 0 {
			places = append(places, -1)
			continue
		}
		places = append(places, next+at)
		next += at + 1
		found++
	}
	return places, found
}

// place finds an event for predicate i, and moves other predicates to another
// event if that helps: an augmenting path of a bipartite matching.
func (l *predicateList) place(i int, events []Event, places []int, tried []bool) bool {
	for at, e := range events {
		if tried[at] || l.preds[i].Match(e) != nil {
			continue
		}
		tried[at] = true
		holder := slices.Index(places, at)
		if holder < 0 || l.place(holder, events, places, tried) {
			places[i] = at
			return true
		}
	}
	return false
}

// failure says which predicates have no event.
func (l *predicateList) failure(ctx context.Context, src fullSource, rest []Predicate, waited time.Duration) error {
	events := src.Events()
	var candidates []Event
	var numbers []int // of the candidates among all events, from 1
	for i, e := range events {
		if matchesAll(e, rest) {
			candidates, numbers = append(candidates, e), append(numbers, i+1)
		}
	}
	places, found := l.assign(candidates)
	how := "in any order"
	if l.ordered {
		how = "in this order"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "sentrytest: %d of %s", found, texts.Count(len(l.preds), "wanted event"))
	if cause := context.Cause(ctx); cause != nil {
		fmt.Fprintf(&b, " after %s: %v", waited.Round(time.Millisecond), cause)
	}
	if len(rest) > 0 && describe(rest) != "anything" {
		fmt.Fprintf(&b, "\n  wanted of each: %s", describe(rest))
	}
	fmt.Fprintf(&b, "\n  wanted, %s:", how)
	for i, p := range l.preds {
		fmt.Fprintf(&b, "\n    %s: ", p)
		if places[i] >= 0 {
			fmt.Fprintf(&b, "event %d", numbers[places[i]])
			continue
		}
		b.WriteString(l.missing(p, candidates, numbers))
	}
	if len(events) == 0 {
		b.WriteString("\n  arrived: nothing")
		return errors.New(b.String())
	}
	n := 0
	number := func(e Event) string {
		n++
		return fmt.Sprintf("%d. %s", n, e)
	}
	fmt.Fprintf(&b, "\n  arrived: %s%s", texts.Count(len(events), "event"), texts.List(events, maxDumped, "    ", number))
	return errors.New(b.String())
}

// missing says why a predicate has no event.
func (l *predicateList) missing(p Predicate, candidates []Event, numbers []int) string {
	at := slices.IndexFunc(candidates, func(e Event) bool { return p.Match(e) == nil })
	switch {
	case at >= 0 && l.ordered:
		return fmt.Sprintf("too early, as event %d", numbers[at])
	case at >= 0:
		return fmt.Sprintf("only event %d, which another predicate needs", numbers[at])
	case len(candidates) == 0:
		return "missing"
	}
	best := judgeEvent(candidates[0], []Predicate{p})
	number := numbers[0]
	for i, e := range candidates[1:] {
		if v := judgeEvent(e, []Predicate{p}); v.far < best.far {
			best, number = v, numbers[i+1]
		}
	}
	return fmt.Sprintf("missing; event %d comes closest\n%s", number, texts.Indent(best.diff(), "        "))
}
