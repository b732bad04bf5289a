package sentrymatchers

import (
	"fmt"
	"slices"

	"github.com/onsi/gomega/types"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// HaveCaptured succeeds if the actual value, a sentrytest.Source, has at least
// one event that meets all predicates. Without predicates any event will do.
// The matcher reads the events on each call and does not wait; to wait, use
// Eventually. Any other actual value, including nil, is an error.
//
// If the source has a method Claim(...sentrytest.Event), as servers have that
// fail on unclaimed events, the matcher claims the events that matched.
func HaveCaptured(preds ...sentrytest.Predicate) types.GomegaMatcher {
	return &matcher{
		preds: preds,
		read: func(actual any) (sentrytest.Source, error) {
			if src, ok := actual.(sentrytest.Source); ok {
				return src, nil
			}
			return nil, unfit("HaveCaptured", "a sentrytest.Source, such as a server, a tenant or a recorder", actual)
		},
	}
}

// ContainEvent succeeds if the actual value, a []sentrytest.Event, has at least
// one event that meets all predicates. Without predicates any event will do.
// Any other actual value is an error. ContainEvent claims no events: on a
// server that fails on unclaimed events use [HaveCaptured], or call the
// server's Claim.
func ContainEvent(preds ...sentrytest.Predicate) types.GomegaMatcher {
	return &matcher{
		preds: preds,
		read: func(actual any) (sentrytest.Source, error) {
			switch events := actual.(type) {
			case []sentrytest.Event:
				return sentrytest.EventList(events), nil
			case sentrytest.EventList:
				return events, nil
			}
			return nil, unfit("ContainEvent", "a []sentrytest.Event", actual)
		},
	}
}

// BeEvent succeeds if the actual value, a sentrytest.Event or a pointer to one,
// meets all predicates. Any other actual value, including a nil pointer, is an
// error.
func BeEvent(preds ...sentrytest.Predicate) types.GomegaMatcher {
	return &matcher{
		preds: preds,
		read: func(actual any) (sentrytest.Source, error) {
			switch e := actual.(type) {
			case sentrytest.Event:
				return sentrytest.EventList{e}, nil
			case *sentrytest.Event:
				if e != nil {
					return sentrytest.EventList{*e}, nil
				}
			}
			return nil, unfit("BeEvent", "a sentrytest.Event", actual)
		},
	}
}

// unfit is the error for an actual value of a wrong type.
func unfit(name, want string, actual any) error {
	err := fmt.Errorf("%s wants %s, not %T", name, want, actual)
	var instead string
	switch actual.(type) {
	case sentrytest.Source:
		instead = "HaveCaptured"
	case []sentrytest.Event:
		instead = "ContainEvent"
	case sentrytest.Event:
		instead = "BeEvent"
	default:
		return err
	}
	return fmt.Errorf("%w: use %s", err, instead)
}

// matcher implements all three matchers. They differ in how they read the
// actual value.
type matcher struct {
	preds []sentrytest.Predicate
	read  func(actual any) (sentrytest.Source, error)
}

// Match implements types.GomegaMatcher.
func (m *matcher) Match(actual any) (bool, error) {
	src, err := m.read(actual)
	if err != nil {
		return false, err
	}
	matched := slices.DeleteFunc(src.Events(), func(e sentrytest.Event) bool {
		return sentrytest.AllOf(m.preds...).Match(e) != nil
	})
	if c, ok := src.(interface{ Claim(...sentrytest.Event) }); ok {
		c.Claim(matched...)
	}
	return len(matched) > 0, nil
}

// FailureMessage implements types.GomegaMatcher. It reads the source again and
// shows its current state.
func (m *matcher) FailureMessage(actual any) string { return m.explain(actual, sentrytest.Explain) }

// NegatedFailureMessage implements types.GomegaMatcher.
func (m *matcher) NegatedFailureMessage(actual any) string {
	return m.explain(actual, sentrytest.ExplainUnexpected)
}

func (m *matcher) explain(actual any, text func(sentrytest.Source, ...sentrytest.Predicate) string) string {
	src, err := m.read(actual)
	if err != nil {
		return err.Error()
	}
	return text(src, m.preds...)
}

// MatchMayChangeInTheFuture tells Eventually to stop for a list, which cannot
// change.
func (m *matcher) MatchMayChangeInTheFuture(actual any) bool {
	src, err := m.read(actual)
	_, fixed := src.(sentrytest.EventList)
	return err == nil && !fixed
}
