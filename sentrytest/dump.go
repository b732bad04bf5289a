package sentrytest

import (
	"cmp"
	"fmt"
	"strings"
)

// Dump returns a description of everything that the server received, one line an item, for people to read. A
// server of [NewServer] logs it when its test has failed.
func (s *Server) Dump() string {
	var b strings.Builder
	requests, rejected := s.Requests(), s.Rejected()
	fmt.Fprintf(&b, "sentrytest: server %s received %s\n", s.URL(), count(len(requests), "request"))
	for _, r := range requests {
		fmt.Fprintf(&b, "  %d. %s\n", r.ID, r)
	}
	for _, r := range rejected {
		fmt.Fprintf(&b, "  refused: %s\n", r)
	}
	for i, e := range s.Events() {
		fmt.Fprintf(&b, "  event %d: %s\n", i+1, e)
	}
	for _, line := range s.problems.all() {
		fmt.Fprintf(&b, "  connection: %s\n", line)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// String returns the event on one line: level, what happened, and the id.
func (e Event) String() string {
	var b strings.Builder
	b.WriteString(cmp.Or(e.Level, "event"))
	if e.Message != "" {
		fmt.Fprintf(&b, " %q", shorten(oneLine(e.Message), 120))
	}
	if n := len(e.Exceptions); n > 0 {
		x := e.Exceptions[n-1]
		fmt.Fprintf(&b, " %s: %q", x.Type, shorten(oneLine(x.Value), 120))
	}
	if e.Message == "" && len(e.Exceptions) == 0 {
		b.WriteString(" without message or exception")
	}
	if e.EventID != "" {
		fmt.Fprintf(&b, " (%s)", e.EventID)
	}
	return b.String()
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
