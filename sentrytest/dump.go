package sentrytest

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// maxDumped limits the items of a kind in a dump, since a load test has many.
const maxDumped = 100

// Dump returns a description of what the server received, one line an item and
// at most a hundred of a kind, for people to read. A server of [NewServer] logs
// it when its test has failed.
func (s *Server) Dump() string {
	return s.dump("server "+s.URL(), &s.scope)
}

// Dump is [Server.Dump] of what the tenant owns, with [Server.Unowned].
func (t *Tenant) Dump() string {
	return t.srv.dump(t.String()+" on "+t.srv.URL(), &t.scope)
}

func (s *Server) dump(who string, src *scope) string {
	var b strings.Builder
	requests := src.outlines()
	fmt.Fprintf(&b, "sentrytest: %s received %s", who, texts.Count(len(requests), "request"))
	if s.cfg.inMemory && s.accepted.Load() == 0 {
		b.WriteString("\n  DialContext was never called; it is the only way to reach an InMemory server")
	}
	if d := s.Dropped(); d.Requests > 0 {
		fmt.Fprintf(&b, "\n  after %s that MaxHistory dropped", texts.Count(d.Requests, "request"))
	}
	b.WriteString(dumped(requests, func(r Request) string { return fmt.Sprintf("%d. %s", r.ID, r) }))
	b.WriteString(dumped(src.Rejected(), func(r Rejection) string { return "refused: " + r.String() }))
	b.WriteString(dumped(src.Events(), func(e Event) string { return "event: " + e.String() }))
	b.WriteString(dumped(s.unownedLines(), func(line string) string { return line }))
	b.WriteString(dumped(s.problems.All(), func(line string) string { return "connection: " + line }))
	return b.String()
}

func dumped[T any](list []T, text func(T) string) string {
	return texts.List(list, maxDumped, "  ", text)
}

// String returns the event on one line: level, what happened, and the id.
func (e Event) String() string {
	var b strings.Builder
	b.WriteString(cmp.Or(e.Level, "event"))
	if e.Message != "" {
		fmt.Fprintf(&b, " %q", texts.Shorten(texts.OneLine(e.Message), 120))
	}
	if n := len(e.Exceptions); n > 0 {
		b.WriteString(" " + e.Exceptions[n-1].title())
	}
	if e.Message == "" && len(e.Exceptions) == 0 {
		b.WriteString(" without message or exception")
	}
	if e.EventID != "" {
		fmt.Fprintf(&b, " (%s)", e.EventID)
	}
	return texts.OneLine(b.String())
}

// title is what Sentry calls an issue: type and value, or, if an SDK has made
// up the exception, the function that it is about.
func (x Exception) title() string {
	if x.Mechanism == nil || !x.Mechanism.Synthetic {
		return fmt.Sprintf("%s: %q", x.Type, texts.Shorten(texts.OneLine(x.Value), 120))
	}
	function := ""
	if x.Stacktrace != nil {
		for _, f := range x.Stacktrace.Frames { // the last one in the program, or the last one
			if inApp := f.InApp == nil || *f.InApp; inApp || function == "" {
				function = cmp.Or(f.Function, function)
			}
		}
	}
	return cmp.Or(function, "<unknown>")
}
