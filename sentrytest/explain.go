package sentrytest

import "strings"

// Explain says how the source as it is now differs from one that has an event which meets all predicates: the message
// with which [RequireEvent] fails. It does not wait. It is for assertions of one's own, such as those of package
// sentrymatchers.
func Explain(src Source, preds ...Predicate) string {
	return newWaitError(src, 1, firstMatches(src.Events(), 1, preds), preds).Error()
}

// ExplainUnexpected lists the events of the source that meet all predicates: the message with which [RequireNoEvent]
// fails. It does not wait.
func ExplainUnexpected(src Source, preds ...Predicate) string {
	var b strings.Builder
	b.WriteString("sentrytest: unexpected event\n  wanted none with: " + describe(preds) + "\n  arrived:")
	found := firstMatches(src.Events(), maxListed, preds)
	if len(found) == 0 {
		b.WriteString(" nothing of the kind")
	}
	writeList(&b, found, Event.String)
	return b.String()
}
