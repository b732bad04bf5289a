package lint

import (
	"strconv"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// judgeEvent compares an event with the table, each interface in whichever of
// its shapes it has.
func judgeEvent(f *List, fields map[string]any, isTransaction bool) {
	for _, key := range texts.SortedKeys(fields) {
		value := fields[key]
		name, alias := key, ""
		for _, one := range legacyAliases {
			if one.old == key {
				name, alias = one.canonical, one.old
			}
		}
		if alias != "" && ignored(fields, alias, name) {
			continue
		}
		switch name {
		case "exception", "threads", "breadcrumbs":
			judgeValues(f, name, key, value)
			if name == "exception" {
				checkGroup(f, key, value)
			}
		case "spans":
			judge(f, name, key, value)
			if spans, ok := value.([]any); ok && !isTransaction { // checkTransaction has stricter rules
				for i, one := range spans {
					Requires("span_id", "start_timestamp", "trace_id")(f, jsontree.Join(key, strconv.Itoa(i)), one)
				}
			}
		case "tags":
			// checkTags reports all of them.
		case "measurements":
			if isTransaction { // other events lose them silently
				judge(f, name, key, value)
			} else {
				attributes[name].judge(f, name, key, value)
			}
		case "contexts":
			judgeContexts(f, key, value)
		case "logentry":
			judgeLogEntry(f, key, value)
		case "request":
			judge(f, name, key, value)
			judgeRequest(f, key, value)
		default:
			if hasRow(name) {
				judge(f, name, key, value)
			} else {
				judgeUnknown(f, unknown, key, value)
			}
		}
	}
}

// ignored reports whether Relay does not read an old name, because the event
// has the interface under another.
func ignored(fields map[string]any, alias, name string) bool {
	if _, has := fields[name]; has {
		return true
	}
	_, has := fields["sentry.interfaces.Message"]
	return alias == "message" && has
}

// judgeValues looks at a list in any of its shapes: an object with values, a
// list, or a single entry.
func judgeValues(f *List, name, at string, value any) {
	switch v := value.(type) {
	case []any:
		for i, one := range v {
			judge(f, name+".values.[]", jsontree.Join(at, strconv.Itoa(i)), one)
		}
	case map[string]any:
		if _, wrapped := v["values"]; wrapped || len(v) == 0 {
			judge(f, name, at, value)
		} else {
			judge(f, name+".values.[]", at, value)
		}
	default:
		judge(f, name, at, value)
	}
}

// judgeLogEntry looks at a message, which is an object or a text.
func judgeLogEntry(f *List, at string, value any) {
	judge(f, "logentry", at, value)
	if fields, ok := value.(map[string]any); ok && !empty(fields) && !hasText(fields["message"]) && !hasText(fields["formatted"]) {
		f.Add(Warning, at, InvalidData, value, "no message present")
	}
}

// empty reports whether all attributes are null.
func empty(fields map[string]any) bool {
	for _, value := range fields {
		if value != nil {
			return false
		}
	}
	return true
}

func hasText(value any) bool {
	_, ok := value.(string)
	return ok
}

// judgeContexts looks at each context by its type, which is its name if it has
// none.
func judgeContexts(f *List, at string, value any) {
	fields, ok := value.(map[string]any)
	if !ok {
		judge(f, "contexts", at, value)
		return
	}
	for _, name := range texts.SortedKeys(fields) {
		path := jsontree.Join(at, name)
		inner, ok := fields[name].(map[string]any)
		if !ok {
			judge(f, "contexts.{}", path, fields[name])
			continue
		}
		kind, _ := inner["type"].(string)
		if kind == "" {
			kind = name
		}
		style["contexts.{}"](f, path, inner)
		if kind == "reprocessing" {
			f.Add(Info, path, Dropped, inner, "the server removes it")
			continue
		}
		const most = 8192
		// The data of a trace has no limit.
		if _, size := jsontree.Measure(inner); size > most && kind != "trace" {
			f.Add(Warning, path, Truncated, inner, "%d bytes: pruned to %d", size, most)
		}
		judgeObject(f, "contexts."+kind, path, inner)
		if form := needs["contexts."+kind]; form != nil {
			form(f, path, inner)
		}
	}
}

// judgeRequest looks at the attributes of a request that are pairs.
func judgeRequest(f *List, at string, value any) {
	fields, _ := value.(map[string]any)
	for _, key := range []string{"query_string", "cookies", "headers"} {
		path := jsontree.Join(at, key)
		pairs := func(at string, value any) {
			if list, ok := value.([]any); ok && key == "headers" {
				for _, one := range list {
					if kind := kindOf(one); !strings.ContainsAny(kind, "sebinf") {
						f.Add(Warning, at, InvalidData, value, "expected strings")
						return
					}
				}
				return
			}
			kind := kindOf(value)
			takes := map[string]string{"query_string": "sebinfhloLO", "cookies": "se", "headers": "sebinf"}[key]
			if value != nil && !strings.Contains(takes, kind) {
				f.Add(Warning, at, InvalidData, value, "expected a string")
			}
		}
		switch v := fields[key].(type) {
		case map[string]any:
			for _, name := range texts.SortedKeys(v) {
				pairs(jsontree.Join(path, name), v[name])
			}
		case []any:
			for i, one := range v {
				at := jsontree.Join(path, strconv.Itoa(i))
				pair, ok := one.([]any)
				switch {
				case one == nil:
				case !ok || len(pair) != 2:
					f.Add(Warning, at, InvalidData, one, "expected a pair")
				default:
					pairs(at+".1", pair[1])
				}
			}
		}
	}
}
