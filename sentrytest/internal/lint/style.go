package lint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// style has advice about values that Relay keeps: what the documentation asks
// for, and old forms.
var style = map[string]Check{
	"culprit":                            deprecated("transaction says where an event comes from"),
	"site":                               deprecated("a tag of that name does the same"),
	"user.segment":                       deprecated("a tag does the same"),
	"stacktrace":                         deprecated("exceptions and threads have their own"),
	"type":                               words("default", "error", "csp", "hpkp", "expectct", "expectstaple", "nel", "transaction", "feedback"),
	"transaction_info.source":            words("custom", "url", "route", "view", "component", "task", "unknown"),
	"exception.values.[].mechanism":      advises("type"),
	"threads.values.[]":                  advises("id"),
	"template":                           advises("filename", "lineno", "context_line"),
	"user":                               hasOneOf("id", "username", "email", "ip_address"),
	stacktracePath + ".frames.[]":        hasOneOf("filename", "function", "instruction_addr", "module", "abs_path", "package"),
	"extra.{}":                           deeper(5),
	"contexts.{}":                        deeper(5),
	"request.data":                       deeper(5),
	"breadcrumbs.values.[].data":         deeper(3),
	stacktracePath + ".frames.[].vars":   deeper(3),
	"exception.values.[].mechanism.data": deeper(3),
	stacktracePath + ".instruction_addr_adjustment": words("auto", "all_but_first", "all", "none"),
}

// deprecated marks an attribute that newer servers and SDKs do not use.
func deprecated(instead string) Check {
	return func(f *List, at string, value any) {
		f.Add(Info, at, Deprecated, value, "deprecated: %s", instead)
	}
}

// words reports texts that are not on a list.
func words(known ...string) Check {
	return func(f *List, at string, value any) {
		if text, ok := value.(string); ok && !slices.Contains(known, text) {
			f.Add(Info, at, InvalidData, value, "expected one of %s", strings.Join(known, ", "))
		}
	}
}

// advises reports missing attributes that the documentation requires and Relay
// does not.
func advises(keys ...string) Check {
	return missing(Info, "missing: the documentation requires it", keys)
}

func hasOneOf(keys ...string) Check {
	check := requiresOneOf(Info, keys...)
	return func(f *List, at string, value any) {
		if fields, _ := value.(map[string]any); len(fields) > 0 {
			check(f, at, value)
		}
	}
}

// deeper reports values that are nested deeper than a number of levels. Relay
// turns what is below into JSON text, without an annotation.
func deeper(depth int) Check {
	return func(f *List, at string, value any) {
		if d, _ := jsontree.Measure(value); d > depth {
			f.Add(Info, at, Truncated, value, "nested %d levels deep: what is below %d becomes text", d, depth)
		}
	}
}

// checkGroup looks whether every exception of a group but the root names its
// parent.
func checkGroup(f *List, at string, value any) {
	list, under := value, at
	if fields, ok := value.(map[string]any); ok {
		list, under = fields["values"], jsontree.Join(at, "values")
		if list == nil {
			list, under = []any{value}, at
		}
	}
	ids := map[float64]bool{}
	type part struct {
		path       string
		id, parent any
	}
	var parts []part
	entries, _ := list.([]any)
	for i, one := range entries {
		fields, _ := one.(map[string]any)
		mechanism, _ := fields["mechanism"].(map[string]any)
		if id, ok := jsontree.Number(mechanism["exception_id"]); ok {
			ids[id] = true
			path := jsontree.Join(under, strconv.Itoa(i))
			if under == at && len(entries) == 1 && isObject(value) {
				path = at
			}
			parts = append(parts, part{jsontree.Join(path, "mechanism.parent_id"), mechanism["exception_id"], mechanism["parent_id"]})
		}
	}
	for _, p := range parts {
		parent, ok := jsontree.Number(p.parent)
		switch id, _ := jsontree.Number(p.id); {
		case p.parent == nil && id != 0:
			f.Add(Info, p.path, MissingAttribute, Absent{}, "missing: only exception_id 0 has no parent")
		case ok && !ids[parent]:
			f.Add(Info, p.path, InvalidData, p.parent, "no exception has that exception_id")
		}
	}
}

func isObject(value any) bool {
	_, ok := value.(map[string]any)
	return ok
}
