package sentrymatchers

import (
	"fmt"
	"slices"

	"github.com/onsi/gomega/types"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// HaveCaptured succeeds if the actual value, a sentrytest.Source, has at least one event that meets all predicates; without
// predicates, if it has any. The events are read whenever the matcher is asked, and nothing is waited for: that is what
// Eventually is for. Any other actual value, nil included, is an error.
//
// A source with a method Claim(...sentrytest.Event), such as a server that fails on unclaimed events, is told which
// events matched.
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

// ContainEvent succeeds if the actual value, a []sentrytest.Event, has at least one event that meets all predicates; without
// predicates, if it is not empty. Any other actual value is an error. A list of events has nobody to tell that they were
// expected: on a server that fails on unclaimed events use [HaveCaptured], or the server's Claim.
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

// BeEvent succeeds if the actual value, a sentrytest.Event or a pointer to one, meets all predicates. Any other actual value,
// a nil pointer included, is an error.
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

// unfit is the error for an actual value that a matcher can't be used on.
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

// matcher is all three matchers, which differ only in how they read the actual value.
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

// FailureMessage implements types.GomegaMatcher. It looks at the source once more, and shows it as it is by then.
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

// MatchMayChangeInTheFuture tells Eventually whether to go on: a list stays as it is.
func (m *matcher) MatchMayChangeInTheFuture(actual any) bool {
	src, err := m.read(actual)
	_, fixed := src.(sentrytest.EventList)
	return err == nil && !fixed
}
