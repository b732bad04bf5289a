// Package lint checks JSON as a real server does: the attributes of an event
// ([Event]), and the payload of any other item ([ReadPayload]). It has the
// limits and forms of the protocol as tables and checks.
//
// It must know nothing of requests, envelopes or answers, nor of the types that
// package sentrytest reads events into.
package lint

import (
	"fmt"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lenient"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Severity says what a server does because of a finding.
type Severity int

// The severities.
const (
	Info    Severity = iota // it works, or is changed silently
	Warning                 // it is changed with an annotation
	Fatal                   // it is lost
)

// The rules, with the names that package sentrytest gives its users.
const (
	InvalidData      = "invalid_data"
	MissingAttribute = "missing_attribute"
	InvalidAttribute = "invalid_attribute"
	ValueTooLong     = "value_too_long"
	PastTimestamp    = "past_timestamp"
	FutureTimestamp  = "future_timestamp"
	Truncated        = "truncated"
	Dropped          = "dropped"
	Deprecated       = "deprecated"
	Transaction      = "transaction"
	Item             = "item"
	JSON             = "json"
	SizeLimit        = "size_limit"
	FurtherFindings  = "further_findings"
)

// Finding is one difference from the protocol.
type Finding struct {
	Severity Severity
	Path     string
	Rule     string
	Value    string
	Message  string
}

// Max limits the findings in one payload, so that a hostile one costs no more
// than its own size.
const Max = 500

// List collects what is found in one payload.
type List struct {
	Found []Finding // in the order in which they were found, at most [Max]
	More  int       // the number of those that were left out
}

// Absent is the value of a finding about an absent attribute.
type Absent struct{}

// Add adds a finding. The value is shown as JSON, cut to a length; [Absent] is
// not shown.
func (f *List) Add(severity Severity, path, rule string, value any, format string, args ...any) {
	if len(f.Found) == Max {
		f.More++
		return
	}
	text := ""
	if long, ok := value.(string); ok {
		text = jsontree.Show(texts.Shorten(long, 200)) // large values are mostly texts, which are shown in part
	} else if value != (Absent{}) {
		text = jsontree.Show(value)
	}
	f.Found = append(f.Found, Finding{severity, path, rule, text, fmt.Sprintf(format, args...)})
}

// problems adds the problems of a reader.
func (f *List) problems(tree any, problems []lenient.Problem) {
	for i, p := range problems {
		if len(f.Found) == Max {
			f.More += len(problems) - i
			return
		}
		value, ok := jsontree.Lookup(tree, p.Path)
		if !ok {
			value = Absent{}
		}
		f.Add(Warning, p.Path, InvalidData, value, "%s", p.Expected())
	}
}

// unread adds the problems of the reader of an event. A finding at the same
// path takes the reader's words. Without one, Relay keeps the value. Then it is
// no loss that the reader can't read it.
func (f *List) unread(fields map[string]any, problems []lenient.Problem) {
	found := map[string]int{}
	for i, one := range f.Found {
		found[one.Path] = i
	}
	for _, p := range problems {
		value, ok := jsontree.Lookup(fields, p.Path)
		if !ok {
			value = Absent{}
		}
		at, twice := found[p.Path]
		switch {
		case p.Path == "event_id":
			f.Add(Fatal, p.Path, InvalidData, value, "%s", p.Expected())
		case !twice:
			f.Add(Info, p.Path, InvalidData, value, "%s", p.Expected())
		case f.Found[at].Rule == InvalidData:
			f.Found[at].Message = p.Expected()
		}
	}
}
