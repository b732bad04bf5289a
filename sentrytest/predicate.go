package sentrytest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// Predicate is a condition on an event, and can say why an event does not meet
// it. Predicates are values, made by the Has functions, [AllOf], [AnyOf], [Not]
// and [NewPredicate]. [Server.Wait], the Require functions and Gomega matchers
// take them. The zero value is met by every event. Safe for concurrent use.
type Predicate struct {
	text   string
	match  func(*subject) error
	within time.Duration  // of Within; 0 for all others
	list   *predicateList // of InOrder and AnyOrder; nil for all others
}

// NewPredicate makes a predicate from a function. The text completes the
// sentence "an event with …". match returns nil for an event that meets the
// condition, and else what the event has instead, for example `release is
// "1.0"`. match must not keep or change the event.
func NewPredicate(text string, match func(Event) error) Predicate {
	return Predicate{text: text, match: func(s *subject) error { return match(s.Event) }}
}

// Match returns nil if the event meets the condition, and else an error that
// says what the event has instead.
func (p Predicate) Match(e Event) error {
	s := newSubject(e)
	defer s.release()
	return p.meet(s)
}

func (p Predicate) meet(s *subject) error {
	if p.match == nil {
		return nil
	}
	return p.match(s)
}

// subject is an event that predicates look at. All of them share the decoded
// JSON.
type subject struct {
	Event
	decoded bool
	tree    any
	err     error
}

// subjects are reused, because an event is large.
var subjects = sync.Pool{New: func() any { return new(subject) }}

func newSubject(e Event) *subject {
	s := subjects.Get().(*subject)
	s.Event = e
	return s
}

func (s *subject) release() {
	*s = subject{}
	subjects.Put(s)
}

func (s *subject) json() (any, error) {
	if !s.decoded {
		s.decoded = true
		s.tree, s.err = jsontree.Decode(s.Raw)
	}
	return s.tree, s.err
}

// String describes the condition, for example `tag shard="7"`.
func (p Predicate) String() string {
	if p.text == "" {
		return "anything"
	}
	return p.text
}

// AllOf is met by events that meet every one of the predicates. Without any it
// is met by all events.
func AllOf(preds ...Predicate) Predicate {
	return Predicate{text: "(" + join(preds, " and ") + ")", match: func(s *subject) error {
		return errors.Join(mismatches(s, preds)...)
	}}
}

// AnyOf is met by events that meet at least one of the predicates. Without any
// it is met by none.
func AnyOf(preds ...Predicate) Predicate {
	return Predicate{text: "(" + join(preds, " or ") + ")", match: func(s *subject) error {
		failed := mismatches(s, preds)
		if len(failed) < len(preds) {
			return nil
		}
		if len(preds) == 0 {
			return errors.New("AnyOf has no predicates")
		}
		return errors.Join(failed...)
	}}
}

// Not is met by events that do not meet the predicate.
func Not(p Predicate) Predicate {
	return Predicate{text: "not " + p.String(), match: func(s *subject) error {
		if p.meet(s) != nil {
			return nil
		}
		return fmt.Errorf("it has %s", p)
	}}
}

// Within sets how long a Require function waits, in place of five seconds. It
// stands among the predicates and is met by every event; other functions ignore
// it. The last one counts.
func Within(d time.Duration) Predicate {
	return Predicate{within: d}
}

// mismatches returns the error of each predicate that the event does not meet.
func mismatches(s *subject, preds []Predicate) []error {
	var failed []error
	for _, p := range preds {
		if err := p.meet(s); err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}

func matchesAll(e Event, preds []Predicate) bool {
	s := newSubject(e)
	defer s.release()
	for _, p := range preds {
		if p.meet(s) != nil {
			return false
		}
	}
	return true
}

func join(preds []Predicate, separator string) string {
	var texts []string
	for _, p := range preds {
		if p.within == 0 {
			texts = append(texts, p.String())
		}
	}
	return strings.Join(texts, separator)
}

// describe completes "an event …" for a list of predicates.
func describe(preds []Predicate) string {
	if text := join(preds, " and "); text != "" {
		return text
	}
	return "anything"
}
