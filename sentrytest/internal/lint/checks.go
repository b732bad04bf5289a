package lint

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lenient"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Check looks at one value of an event. It ignores values of the wrong type,
// which the reader of the event reports.
type Check func(f *List, at string, value any)

// shape has the known attributes of an object and their checks. A nil check
// accepts everything.
type shape map[string]Check

// annotated checks an object whose unknown attributes are dropped with an
// annotation, such as events and breadcrumbs.
func (s shape) annotated(f *List, at string, value any) {
	s.unknown(f, Warning, at, value)
	s.open(f, at, value)
}

// closed checks an object whose unknown attributes are dropped silently.
func (s shape) closed(f *List, at string, value any) {
	s.unknown(f, Info, at, value)
	s.open(f, at, value)
}

// open checks an object that may have any other attributes.
func (s shape) open(f *List, at string, value any) {
	fields, _ := value.(map[string]any)
	for _, key := range texts.SortedKeys(fields) {
		if known := s[key]; known != nil && fields[key] != nil {
			known(f, jsontree.Join(at, key), fields[key])
		}
	}
}

func (s shape) unknown(f *List, severity Severity, at string, value any) {
	fields, _ := value.(map[string]any)
	for _, key := range texts.SortedKeys(fields) {
		if _, known := s[key]; !known {
			f.Add(severity, jsontree.Join(at, key), InvalidAttribute, fields[key], "the protocol knows no such attribute")
		}
	}
}

// all makes one check of several.
func all(checks ...Check) Check {
	return func(f *List, at string, value any) {
		for _, one := range checks {
			one(f, at, value)
		}
	}
}

// each checks the entries of a list.
func each(one Check) Check {
	return func(f *List, at string, value any) {
		list, _ := value.([]any)
		for i, inner := range list {
			if inner != nil {
				one(f, jsontree.Join(at, strconv.Itoa(i)), inner)
			}
		}
	}
}

// eachValue checks the entries of a list in any of its shapes: see
// [lenient.Object.Values].
func eachValue(one Check) Check {
	return func(f *List, at string, value any) {
		if m, ok := value.(map[string]any); ok {
			inner, wrapped := m["values"]
			if !wrapped {
				one(f, at, value)
				return
			}
			value, at = inner, jsontree.Join(at, "values")
		}
		each(one)(f, at, value)
	}
}

// Requires reports attributes of an object that are missing or null.
func Requires(keys ...string) Check {
	return func(f *List, at string, value any) {
		fields, ok := value.(map[string]any)
		for _, key := range keys {
			if ok && fields[key] == nil {
				f.Add(Warning, jsontree.Join(at, key), MissingAttribute, Absent{}, "missing: the protocol requires it")
			}
		}
	}
}

// requiresOneOf reports an object that has none of the attributes. An empty one
// counts as absent.
func requiresOneOf(severity Severity, keys ...string) Check {
	return func(f *List, at string, value any) {
		fields, _ := value.(map[string]any)
		has := func(key string) bool { return fields[key] != nil && fields[key] != "" }
		if len(fields) > 0 && !slices.ContainsFunc(keys, has) {
			f.Add(severity, at, MissingAttribute, value, "none of %s is there", strings.Join(keys, ", "))
		}
	}
}

// cutAt reports texts that the server truncates, in characters.
func cutAt(limit int) Check {
	return func(f *List, at string, value any) {
		if text, ok := value.(string); ok && utf8.RuneCountInString(text) > limit {
			f.Add(Warning, at, Truncated, value, "%d characters: cut at %d", utf8.RuneCountInString(text), limit)
		}
	}
}

// longest reports texts that the server drops for their length in characters.
func longest(limit int) Check {
	return func(f *List, at string, value any) {
		text, ok := lenient.Text(value)
		if n := utf8.RuneCountInString(strings.TrimSpace(text)); ok && n > limit {
			f.Add(Warning, at, ValueTooLong, value, "%d characters: no more than %d are allowed", n, limit)
		}
	}
}

// without reports texts that contain one of the characters.
func without(chars, names string) Check {
	return func(f *List, at string, value any) {
		if text, ok := value.(string); ok && strings.ContainsAny(strings.TrimSpace(text), chars) {
			f.Add(Warning, at, InvalidData, value, "%s are not allowed", names)
		}
	}
}

// nonEmpty reports texts of white space only.
func nonEmpty(f *List, at string, value any) {
	if text, ok := value.(string); ok && strings.TrimSpace(text) == "" {
		f.Add(Warning, at, InvalidData, value, "expected a non-empty string")
	}
}

// oneOf reports texts that are not on a list.
func oneOf(words ...string) Check {
	return func(f *List, at string, value any) {
		text, ok := value.(string)
		if !ok || !slices.Contains(words, text) {
			f.Add(Warning, at, InvalidData, value, "expected one of %s", strings.Join(words, ", "))
		}
	}
}

// number reports numbers below the minimum.
func number(minimum float64) Check {
	return func(f *List, at string, value any) {
		if n, ok := jsontree.Number(value); ok && n < minimum {
			f.Add(Warning, at, InvalidData, value, "expected a number not below %v", minimum)
		}
	}
}

// hexID reports values that are not an id of this many hexadecimal digits. A
// UUID may have dashes.
func hexID(digits int) Check {
	return func(f *List, at string, value any) {
		if !isHexID(value, digits) {
			f.Add(Warning, at, InvalidData, value, "expected %d hexadecimal digits, not all of them 0", digits)
		}
	}
}

func isHexID(value any, digits int) bool {
	text, ok := value.(string)
	if id, isUUID := eventid.Normalize(text); isUUID && digits == 32 {
		text = id
	}
	if !ok || len(text) != digits || strings.Trim(text, "0") == "" {
		return false
	}
	return strings.Trim(strings.ToLower(text), "0123456789abcdef") == ""
}

// databag reports free-form data that the server prunes: deeper than depth
// levels or longer than size bytes of JSON.
func databag(severity Severity, depth, size int) Check {
	return func(f *List, at string, value any) {
		d, n := jsontree.Measure(value)
		switch {
		case n > size:
			f.Add(severity, at, Truncated, value, "%d bytes: pruned to %d", n, size)
		case d > depth:
			f.Add(severity, at, Truncated, value, "nested %d levels deep: cut at %d", d, depth)
		}
	}
}

// deprecated marks an attribute that newer servers and SDKs do not use.
func deprecated(instead string) Check {
	return func(f *List, at string, value any) {
		f.Add(Info, at, Deprecated, value, "deprecated: %s", instead)
	}
}

// removed marks an attribute that servers remove silently.
func removed(f *List, at string, value any) {
	f.Add(Info, at, Dropped, value, "the server removes it")
}
