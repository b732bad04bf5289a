package lint

import (
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// Check looks at one value of an event. It ignores values of the wrong type,
// which the table reports.
type Check func(f *List, at string, value any)

// Requires reports attributes of an object that are missing or null, for which
// Relay annotates the event.
func Requires(keys ...string) Check {
	return missing(Warning, "missing: the protocol requires it", keys)
}

func missing(severity Severity, why string, keys []string) Check {
	return func(f *List, at string, value any) {
		fields, ok := value.(map[string]any)
		for _, key := range keys {
			if ok && fields[key] == nil {
				f.Add(severity, jsontree.Join(at, key), MissingAttribute, Absent{}, "%s", why)
			}
		}
	}
}

// requiresOneOf reports an object that has none of the attributes. An empty one
// counts as absent.
func requiresOneOf(severity Severity, keys ...string) Check {
	return func(f *List, at string, value any) {
		fields, ok := value.(map[string]any)
		has := func(key string) bool { return fields[key] != nil && fields[key] != "" }
		if ok && !slices.ContainsFunc(keys, has) {
			f.Add(severity, at, MissingAttribute, value, "none of %s is there", strings.Join(keys, ", "))
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
