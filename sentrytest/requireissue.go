package sentrytest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

const approximation = "an approximation of Sentry's grouping"

// RequireSameIssue fails the test with Fatalf if the two events would probably become two issues, and shows what sets
// them apart. It compares [Event.GroupingPreview], an approximation of Sentry's grouping.
func RequireSameIssue(tb TB, a, b Event) {
	tb.Helper()
	one, other := a.GroupingPreview(), b.GroupingPreview()
	if one.Key == other.Key {
		return
	}
	tb.Fatalf("sentrytest: the events would be two issues (%s)\n  first:  %s, by %s\n  second: %s, by %s\n  what sets them apart:%s",
		approximation, a, one.Why, b, other.Why, setApart(one.Components, other.Components))
}

// RequireSeparateIssues fails the test with Fatalf if the two events would probably become one issue, and shows by
// what. It compares [Event.GroupingPreview], an approximation of Sentry's grouping.
func RequireSeparateIssues(tb TB, a, b Event) {
	tb.Helper()
	one := a.GroupingPreview()
	if one.Key != b.GroupingPreview().Key {
		return
	}
	tb.Fatalf("sentrytest: the events would be one issue (%s)\n  first:  %s\n  second: %s\n  both %s",
		approximation, a, b, one)
}

// setApart lists the components that only one side has, between what they have in common at both ends.
func setApart(first, second []string) string {
	start, end := texts.SharedEnds(len(first), len(second), func(i, j int) bool { return first[i] == second[j] })
	var b strings.Builder
	for _, side := range []struct {
		name string
		list []string
	}{{"first", first}, {"second", second}} {
		list := slices.Clone(side.list[start : len(side.list)-end])
		if len(list) == 0 {
			list = []string{nothing}
		}
		for _, component := range list {
			fmt.Fprintf(&b, "\n    %-7s %s", side.name+":", component)
		}
	}
	return b.String()
}
