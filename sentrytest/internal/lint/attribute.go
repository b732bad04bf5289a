package lint

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// attribute is what Relay does with the values of one attribute. Its letters
// stand for types: s a text, e an empty text, b a boolean, i an integer, n a
// negative number, f a number with a fraction, h a number beyond 64 bits, L and
// O a list and an object, l and o empty ones, and c an object that has all that
// the attribute needs.
type attribute struct {
	takes string // the types that Relay keeps
	loses string // the types for which it drops the whole event
	cut   int    // characters of a text that are kept; 0 means all
	drop  int    // characters that a text may have before it is dropped; 0 means any
	size  int    // bytes that a list or object has before it is pruned; 0 means any
	gone  bool   // removed without an annotation
}

const unknown = "zz_unknown" // stands in the table for an attribute that Relay does not know

// stacktracePath is where the table has stack traces.
const stacktracePath = "exception.values.[].stacktrace"

// canonicalPath returns the path under which the table has an attribute.
func canonicalPath(path string) string {
	for _, other := range []string{
		"exception.values.[].raw_stacktrace", "threads.values.[].stacktrace", "threads.values.[].raw_stacktrace", "stacktrace",
	} {
		if rest, ok := strings.CutPrefix(path, other+"."); ok {
			return stacktracePath + "." + rest
		}
	}
	return path
}

// judge compares a value and all that it contains with the table. path is the
// attribute in the table, at is where the value stands in the event.
func judge(f *List, path, at string, value any) {
	if value == nil {
		return
	}
	row, known := attributes[path]
	if known && !row.judge(f, path, at, value) {
		return
	}
	if form := forms[path]; form != nil {
		form(f, at, value)
	}
	if need := needs[path]; need != nil {
		need(f, at, value)
	}
	if advice := style[path]; advice != nil {
		advice(f, at, value)
	}
	switch v := value.(type) {
	case []any:
		if inner := canonicalPath(path + ".[]"); hasRow(inner) {
			for i, one := range v {
				judge(f, inner, jsontree.Join(at, strconv.Itoa(i)), one)
			}
		}
	case map[string]any:
		judgeObject(f, path, at, v)
	}
}

func hasRow(path string) bool {
	_, ok := attributes[path]
	return ok
}

func judgeObject(f *List, path, at string, fields map[string]any) {
	for _, key := range texts.SortedKeys(fields) {
		inner, here := canonicalPath(path+"."+key), jsontree.Join(at, key)
		if path == "" {
			inner, here = key, key
		}
		switch other := canonicalPath(path + "." + unknown); {
		case hasRow(inner):
		case hasRow(path + ".{}"):
			inner = path + ".{}"
		case path == "":
			inner = unknown
		case hasRow(other):
			inner = other
		default:
			continue
		}
		if strings.HasSuffix(inner, unknown) {
			judgeUnknown(f, inner, here, fields[key])
			continue
		}
		judge(f, inner, here, fields[key])
	}
}

// judgeUnknown looks at an attribute that the protocol does not have. Relay
// annotates its loss in some objects, and keeps it in others.
func judgeUnknown(f *List, path, at string, value any) {
	const why = "the protocol knows no such attribute"
	switch row := attributes[path]; {
	case row.takes == "":
		f.Add(Warning, at, InvalidAttribute, value, why)
	case row.gone:
		f.Add(Info, at, InvalidAttribute, value, why)
	}
}

// judge reports a value that Relay drops or cuts, and whether it keeps it.
func (a attribute) judge(f *List, path, at string, value any) bool {
	kind := kindOf(value)
	if !a.accepts(kind, path) {
		switch {
		case kind == "e" && strings.Contains(a.takes, "s") && path != "tags.{}":
			f.Add(Warning, at, InvalidData, value, "expected a non-empty string")
		case kind == "e" || kind == "l" && strings.Contains(a.takes, "L"):
			f.Add(Warning, at, InvalidData, value, "expected a non-empty value")
		default:
			f.Add(Warning, at, InvalidData, value, "expected %s", a.expected(path))
		}
		return false
	}
	if a.gone {
		f.Add(Info, at, Dropped, value, "the server removes it")
		return false
	}
	switch v := value.(type) {
	case string:
		switch n := utf8.RuneCountInString(strings.TrimSpace(v)); {
		case a.drop > 0 && n > a.drop:
			f.Add(Warning, at, ValueTooLong, value, "%d characters: no more than %d are allowed", n, a.drop)
		case a.cut > 0 && n > a.cut:
			f.Add(Warning, at, Truncated, value, "%d characters: cut at %d", n, a.cut)
		}
	case []any, map[string]any:
		if _, n := jsontree.Measure(v); a.size > 0 && n > a.size {
			f.Add(Warning, at, Truncated, value, "%d bytes: pruned to %d", n, a.size)
		}
	}
	return true
}

func (a attribute) accepts(kind, path string) bool {
	_, formed := forms[path]
	if text := kind == "s" || kind == "e"; formed && text && !strings.Contains(a.takes, "s") {
		return true // the form decides
	}
	if number := strings.Trim(kind, "inf") == ""; number && (formNames[path] == aTime || formNames[path] == aLevel) {
		return true // the form decides
	}
	for _, one := range kind {
		if one == 'o' || one == 'O' {
			if !strings.ContainsAny(a.takes, "oOc") {
				return false
			}
			continue
		}
		if one == 'L' && strings.ContainsAny(a.takes, "lL") {
			continue // the entries have rows of their own
		}
		if !strings.ContainsRune(a.takes, one) {
			return false
		}
	}
	return true
}

// kindOf returns the letters of the types that a value has.
func kindOf(value any) string {
	switch v := value.(type) {
	case string:
		if strings.TrimSpace(v) == "" {
			return "e"
		}
		return "s"
	case bool:
		return "b"
	case []any:
		if len(v) == 0 {
			return "l"
		}
		return "L"
	case map[string]any:
		if len(v) == 0 {
			return "o"
		}
		return "O"
	case json.Number:
		if _, err := strconv.ParseUint(v.String(), 10, 64); err == nil {
			return "i"
		}
		if _, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return "n"
		}
		return "h"
	case float64:
		kind := "i"
		switch {
		case math.Abs(v) >= 1<<64:
			return "h"
		case v != math.Trunc(v):
			kind = "f"
		}
		if v <= -1 {
			kind = strings.Trim(kind, "i") + "n"
		}
		return kind
	}
	return ""
}

// expected names what the attribute takes.
func (a attribute) expected(path string) string {
	if what := formNames[path]; what != "" {
		return what
	}
	for _, one := range []struct{ letters, text string }{
		{"s", "a string"}, {"b", "a boolean"}, {"n", "a number"}, {"i", "a number not below 0"}, {"oOc", "an object"}, {"lL", "a list"},
	} {
		if strings.ContainsAny(a.takes, one.letters) {
			return one.text
		}
	}
	return "another type"
}
