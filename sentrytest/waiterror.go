package sentrytest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxListed bounds how many items of a kind an error's text lists.
const maxListed = 10

// WaitError says what came instead of the events that were waited for. Its text lists the events that arrived, those that
// come closest first, each with what keeps it from matching, and what was refused.
type WaitError struct {
	Want       int         // how many events were wanted
	Matched    []Event     // those that met the predicates
	Predicates []Predicate // what was wanted of them
	Arrived    []Event     // all events, in the order of arrival
	Rejected   []Rejection // requests that the server refused
	Notes      []string    // requests that script steps answered, and connections that failed, one line each
	Waited     time.Duration
	Cause      error // the context's error, or ErrClosed
}

// newWaitError looks at a source as it is now. Beyond Events it asks for whatever the source has.
func newWaitError(src Source, n int, matched []Event, preds []Predicate) *WaitError {
	e := &WaitError{Want: n, Matched: matched, Predicates: slices.Clone(preds), Arrived: src.Events()}
	if r, ok := src.(interface{ Rejected() []Rejection }); ok {
		e.Rejected = r.Rejected()
	}
	if r, ok := src.(interface{ notes() []string }); ok {
		e.Notes = r.notes()
	}
	return e
}

// notes lists what happened to requests other than to be accepted or refused.
func (s *Server) notes() []string {
	refused := map[int]bool{}
	for _, r := range s.Rejected() {
		refused[r.Request.ID] = true
	}
	var notes []string
	for _, r := range s.Requests() {
		if r.Answer.Step != "" && (r.Answer.Status == 0 || r.Answer.Status >= 300) && !refused[r.ID] {
			notes = append(notes, r.String())
		}
	}
	return append(notes, s.problems.all()...)
}

// Unwrap returns Cause, so that errors.Is finds context.DeadlineExceeded and ErrClosed.
func (e *WaitError) Unwrap() error { return e.Cause }

// Error describes the failure over several lines.
func (e *WaitError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sentrytest: %d of %s", len(e.Matched), count(e.Want, "wanted event"))
	if e.Waited > 0 {
		fmt.Fprintf(&b, " after %s", e.Waited.Round(time.Millisecond))
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	fmt.Fprintf(&b, "\n  wanted: %s", describe(e.Predicates))
	e.writeArrived(&b)
	if len(e.Rejected) > 0 {
		fmt.Fprintf(&b, "\n  refused: %s", count(len(e.Rejected), "request"))
		writeList(&b, e.Rejected, Rejection.String)
	}
	if len(e.Notes) > 0 {
		fmt.Fprintf(&b, "\n  not counted:")
		writeList(&b, e.Notes, func(s string) string { return s })
	}
	return b.String()
}

func (e *WaitError) writeArrived(b *strings.Builder) {
	if len(e.Arrived) == 0 {
		b.WriteString("\n  arrived: nothing")
		return
	}
	fmt.Fprintf(b, "\n  arrived: %s", count(len(e.Arrived), "event"))
	type judged struct {
		event  Event
		failed []string
	}
	var all []judged
	for _, event := range e.Arrived {
		j := judged{event: event}
		for _, p := range e.Predicates {
			if err := p.Match(event); err != nil {
				j.failed = append(j.failed, fmt.Sprintf("%s: %s", p, strings.ReplaceAll(err.Error(), "\n", "; ")))
			}
		}
		all = append(all, j)
	}
	slices.SortStableFunc(all, func(a, b judged) int { return cmp.Compare(len(a.failed), len(b.failed)) })
	writeList(b, all, func(j judged) string {
		text := j.event.String()
		if len(j.failed) == 0 {
			return text + " matches"
		}
		return text + "\n" + indent(strings.Join(j.failed, "\n"), "    ")
	})
}

// writeList writes one entry a line, and how many there are beyond maxListed.
func writeList[T any](b *strings.Builder, list []T, text func(T) string) {
	for i, item := range list {
		if i == maxListed {
			fmt.Fprintf(b, "\n    and %d more", len(list)-maxListed)
			return
		}
		b.WriteString("\n" + indent(text(item), "    "))
	}
}
