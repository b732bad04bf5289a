package sentrytest

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Mismatch is why an event does not meet a predicate: the error that the Has
// predicates return from [Predicate.Match]. Several of them may be joined, as
// by [AllOf].
type Mismatch struct {
	Reason string      // a sentence, for example `tag shard is "8"`
	Fields []FieldDiff // what differs, and nothing else; at least one
}

// Error returns the reason.
func (m *Mismatch) Error() string { return m.Reason }

// FieldDiff is one field that differs. Values are JSON or a description in
// words.
type FieldDiff struct {
	Field string // for example "tag shard" or "exception.values.0.type"
	Want  string // "nothing" when the field should be absent
	Got   string // "nothing" when the field is absent
}

// nothing stands for an absent value.
const nothing = jsontree.Absent

// fieldDiffs converts differences between JSON values.
func fieldDiffs(list []jsontree.Difference) []FieldDiff {
	var out []FieldDiff
	for _, d := range list {
		out = append(out, FieldDiff{Field: d.Path, Want: d.Want, Got: d.Got})
	}
	return out
}

// String returns the difference on three lines. Long values are cut to where
// they start to differ.
func (d FieldDiff) String() string {
	want, got := focus(d.Want, d.Got)
	return d.Field + "\n  want: " + want + "\n  got:  " + got
}

// focus cuts what two long texts have in common before their first difference,
// and their ends.
func focus(a, b string) (string, string) {
	const long, before, most = 60, 20, 160
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	if same > long {
		same -= before
		for same > 0 && !utf8.RuneStart(a[same]) {
			same--
		}
		a, b = "…"+a[same:], "…"+b[same:]
	}
	return texts.Shorten(texts.OneLine(a), most), texts.Shorten(texts.OneLine(b), most)
}

// mismatch makes the error for one field.
func mismatch(field, want, got, reason string) error {
	return &Mismatch{Reason: reason, Fields: []FieldDiff{{Field: field, Want: want, Got: got}}}
}

// mismatchesIn splits a joined error. An error of the user's own predicate
// becomes a Mismatch without fields.
func mismatchesIn(err error) []*Mismatch {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Mismatch
		for _, inner := range joined.Unwrap() {
			all = append(all, mismatchesIn(inner)...)
		}
		return all
	}
	var m *Mismatch
	if errors.As(err, &m) {
		return []*Mismatch{m}
	}
	return []*Mismatch{{Reason: err.Error()}}
}

// verdictOn says which predicates an event does not meet.
type verdictOn struct {
	event Event
	lacks []*Mismatch
	far   float64 // 0 for an event that meets all
}

func judgeEvent(e Event, preds []Predicate) verdictOn {
	v, s := verdictOn{event: e}, newSubject(e)
	defer s.release()
	for _, p := range preds {
		err := p.meet(s)
		if err == nil {
			continue
		}
		for _, m := range mismatchesIn(err) {
			if len(m.Fields) == 0 {
				m = &Mismatch{Reason: fmt.Sprintf("%s: %s", p, m.Reason)}
			}
			v.lacks = append(v.lacks, m)
			v.far += m.distance()
		}
	}
	return v
}

// distance is 1 for values that have nothing in common, and nearly a half for
// nearly equal ones. So the number of fields counts more than their values.
func (m *Mismatch) distance() float64 {
	if len(m.Fields) == 0 {
		return 1
	}
	sum := 0.0
	for _, f := range m.Fields {
		sum += 1 - likeness(f.Want, f.Got)/2
	}
	return sum / float64(len(m.Fields))
}

// likeness is the share of two texts' beginnings and ends that is equal.
func likeness(a, b string) float64 {
	longest := max(len(a), len(b))
	if longest == 0 {
		return 1
	}
	start, end := texts.SharedEnds(len(a), len(b), func(i, j int) bool { return a[i] == b[j] })
	return float64(start+end) / float64(longest)
}

// line is the verdict on one line.
func (v verdictOn) line() string {
	text := v.event.String()
	if len(v.lacks) == 0 {
		return text + " matches"
	}
	var reasons []string
	for _, m := range v.lacks {
		reasons = append(reasons, texts.OneLine(m.Reason))
	}
	return text + ": " + texts.Shorten(strings.Join(reasons, "; "), 240)
}

// diff lists the fields that differ, several lines each.
func (v verdictOn) diff() string {
	var lines []string
	for _, m := range v.lacks {
		if len(m.Fields) == 0 {
			lines = append(lines, m.Reason)
		}
		for _, f := range m.Fields {
			lines = append(lines, f.String())
		}
	}
	return strings.Join(lines, "\n")
}
