// Package lint says what a real server makes of JSON that it was sent: of the
// attributes of an event ([Event]), and of the payload of any other item
// ([ReadPayload]). It is the protocol's limits and forms as tables and checks.
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

// Severity says what a server makes of a finding.
type Severity int

// The severities.
const (
	Info    Severity = iota // it works, or is changed in silence
	Warning                 // it is changed, and the change annotated
	Fatal                   // it is lost
)

// What a finding is about. Package sentrytest has the same words for its users.
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

// Finding is one respect in which something is not as the protocol asks for.
type Finding struct {
	Severity Severity
	Path     string
	Rule     string
	Value    string
	Message  string
}

// Max bounds what is found in one payload, so that a hostile one costs no more
// than its own size.
const Max = 500

// List collects what is found in one payload.
type List struct {
	Found []Finding // in the order in which they were found, at most [Max]
	More  int       // how many were left out beyond that
}

// Absent is the value of a finding about something that is not there.
type Absent struct{}

// Add adds a finding. The value is shown as JSON, cut to a length, and left out
// if it is [Absent].
func (f *List) Add(severity Severity, path, rule string, value any, format string, args ...any) {
	if len(f.Found) == Max {
		f.More++
		return
	}
	text := ""
	if long, ok := value.(string); ok {
		text = jsontree.Show(texts.Shorten(long, 200)) // most values of some size are texts, and few of them are shown in full
	} else if value != (Absent{}) {
		text = jsontree.Show(value)
	}
	f.Found = append(f.Found, Finding{severity, path, rule, text, fmt.Sprintf(format, args...)})
}

// problems adds what the reader of an event or item could not read.
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
