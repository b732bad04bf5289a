package sentrytest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/certs"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// ErrClosed is the cause of a wait that ended because the server closed.
var ErrClosed = errors.New("sentrytest: server closed")

// Wait returns the first n events that meet all predicates, in the order of
// arrival, as soon as there are that many. Events that arrived before the call
// count. If ctx ends first, or the server closes, it returns the events that
// did match and a [*WaitError] that lists what arrived instead.
//
// An event counts when the server has it, which may be shortly before its
// client has the answer. After a Clear the count starts over. The returned
// events are claimed, if the wait succeeds: see [FailOnUnclaimed].
func (s *Server) Wait(ctx context.Context, n int, preds ...Predicate) ([]Event, error) {
	return waitAndClaim(ctx, s.full(), n, preds)
}

func waitAndClaim(ctx context.Context, src ownSource, n int, preds []Predicate) ([]Event, error) {
	events, err := src.await(ctx, n, preds)
	if err == nil {
		src.claim(events)
	}
	return events, err
}

// maxListed limits the items of a kind in the text of an error.
const maxListed = 10

// WaitError says what arrived instead of the wanted events. Its text shows,
// field by field, how the closest event differs from what was wanted, and lists
// the events that arrived, one a line and closest first, and what was refused.
type WaitError struct {
	Want       int         // how many events were wanted
	Matched    []Event     // those that met the predicates
	Predicates []Predicate // what was wanted of them
	Arrived    []Event     // all events, in the order of arrival
	Rejected   []Rejection // requests that the server refused
	Notes      []string    // requests that script steps answered, and connections that failed, one line each
	Waited     time.Duration
	Cause      error // the context's error, or ErrClosed

	nobody string // what to check when no client has connected; "" when one has
}

// newWaitError describes a source as it is now.
func newWaitError(src fullSource, n int, matched []Event, preds []Predicate) *WaitError {
	return &WaitError{
		Want: n, Matched: matched, Predicates: slices.Clone(preds), Arrived: src.Events(), Rejected: src.Rejected(),
		Notes: src.notes(), nobody: src.nobody(),
	}
}

// nobodyAsks says what to check when no client has ever connected, "" when one
// has.
func (s *Server) nobodyAsks(dsn string) string {
	if s.Connections() > 0 {
		return ""
	}
	if s.cfg.inMemory {
		dsn += " and srv.DialContext"
	}
	return fmt.Sprintf("no client has connected to %s: check that the client uses %s and is flushed before its program ends", s.URL(), dsn)
}

// connectionNotes lists the connections that failed, and what to do about a
// client that does not trust the server's CA.
func (s *Server) connectionNotes(dsn string) []string {
	notes := s.problems.All()
	// crypto/tls and OpenSSL refuse a certificate in different words.
	refused := func(note string) bool {
		return strings.Contains(note, "tls: bad certificate") || strings.Contains(note, "tls: unknown certificate")
	}
	if s.cfg.cert == certs.Trusted && slices.ContainsFunc(notes, refused) {
		notes = append(notes, fmt.Sprintf("the client does not trust the server's CA: %s(sentrytest.DSNParam(\"ca_certs\", srv.CACertFile())), "+
			"or srv.CertPool() for other clients", dsn))
	}
	return notes
}

// stepNotes lists the requests that a script step kept from being accepted.
func stepNotes(src *scope) []string {
	refused := map[int]bool{}
	for _, p := range src.all().rejected {
		refused[p.id] = true
	}
	var notes []string
	for _, r := range src.outlines() {
		if r.Answer.Step != "" && (r.Answer.Status == 0 || r.Answer.Status >= 300) && !refused[r.ID] {
			notes = append(notes, r.String())
		}
	}
	return notes
}

// Unwrap returns Cause, so that errors.Is finds context.DeadlineExceeded and
// ErrClosed.
func (e *WaitError) Unwrap() error { return e.Cause }

// Error describes the failure over several lines.
func (e *WaitError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sentrytest: %d of %s", len(e.Matched), texts.Count(e.Want, "wanted event"))
	if e.Waited > 0 {
		fmt.Fprintf(&b, " after %s", e.Waited.Round(time.Millisecond))
	}
	if e.Cause != nil && !errors.Is(e.Cause, context.DeadlineExceeded) {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	fmt.Fprintf(&b, "\n  wanted: %s", describe(e.Predicates))
	writeArrived(&b, e.Arrived, e.Predicates)
	if e.nobody != "" {
		b.WriteString("\n    " + e.nobody)
	}
	if len(e.Rejected) > 0 {
		fmt.Fprintf(&b, "\n  refused: %s", texts.Count(len(e.Rejected), "request"))
		b.WriteString(listed(e.Rejected, Rejection.String))
	}
	if len(e.Notes) > 0 {
		b.WriteString("\n  not counted:" + listedLines(e.Notes))
	}
	return b.String()
}

// writeArrived shows how the closest event differs, and every event on a line,
// closest first.
func writeArrived(b *strings.Builder, events []Event, preds []Predicate) {
	if len(events) == 0 {
		b.WriteString("\n  arrived: nothing")
		return
	}
	var all []verdictOn
	for _, event := range events {
		all = append(all, judgeEvent(event, preds))
	}
	slices.SortStableFunc(all, func(a, b verdictOn) int { return cmp.Compare(a.far, b.far) })
	if i := slices.IndexFunc(all, func(v verdictOn) bool { return len(v.lacks) > 0 }); i >= 0 {
		fmt.Fprintf(b, "\n  closest: %s\n%s", all[i].event, texts.Indent(all[i].diff(), "    "))
	}
	fmt.Fprintf(b, "\n  arrived: %s%s", texts.Count(len(events), "event"), listed(all, verdictOn.line))
}

// listed is the part of a message that lists entries.
func listed[T any](list []T, text func(T) string) string {
	return texts.List(list, maxListed, "    ", text)
}

func listedLines(lines []string) string {
	return listed(lines, func(line string) string { return line })
}

// Explain returns the message with which [RequireEvent] would fail for the
// source as it is now. It is for other assertion libraries, and does not wait.
func Explain(src Source, preds ...Predicate) string {
	return newWaitError(fullSourceOf(src), 1, firstMatches(src.Events(), 1, preds), preds).Error()
}

// ExplainUnexpected returns the message with which [RequireNoEvent] would fail:
// the events of the source that meet all predicates. It does not wait.
func ExplainUnexpected(src Source, preds ...Predicate) string {
	arrived := " nothing that meets them"
	if found := firstMatches(src.Events(), maxListed, preds); len(found) > 0 {
		arrived = listed(found, Event.String)
	}
	return "sentrytest: unexpected event\n  wanted none with: " + describe(preds) + "\n  arrived:" + arrived
}
