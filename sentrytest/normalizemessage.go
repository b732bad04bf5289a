package sentrytest

import (
	"regexp"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// readMessage reads the log entry from its three places (protocol section 5.5): the first that is there wins.
func (e *Event) readMessage(o object) {
	key, value := o.first("logentry", "sentry.interfaces.Message", "message")
	switch v := value.(type) {
	case nil:
		return
	case map[string]any:
		entry := o.reader.object(v, o.path(key))
		e.LogEntry.Message = entry.text("message")
		e.LogEntry.Formatted = entry.text("formatted")
		switch params := entry.fields["params"].(type) {
		case nil:
		case []any:
			e.LogEntry.Params = params
		case map[string]any:
			e.LogEntry.Named = params
		default:
			entry.problem("params", "neither a list nor an object")
		}
	default:
		text, ok := lenientText(v)
		if !ok {
			o.problem(key, "neither a string nor an object")
			return
		}
		e.LogEntry.Formatted = text
	}
	e.Message = e.LogEntry.Formatted
	if e.Message == "" {
		e.Message = interpolate(e.LogEntry)
	}
}

// placeholder finds what Sentry replaces in a template: %s and its kin, %(name)s, {} and {name}.
var placeholder = regexp.MustCompile(`%%|%(?:\(([^)]*)\))?[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]|\{(\w*)\}`)

// interpolate puts the parameters into the template. A placeholder without a parameter stays.
func interpolate(entry LogEntry) string {
	if len(entry.Params) == 0 && len(entry.Named) == 0 {
		return entry.Message
	}
	next := 0
	var b strings.Builder
	rest := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(entry.Message, -1) {
		match := entry.Message[at[0]:at[1]]
		b.WriteString(entry.Message[rest:at[0]])
		rest = at[1]
		name := ""
		for _, group := range []int{2, 4} {
			if at[group] >= 0 {
				name = entry.Message[at[group]:at[group+1]]
			}
		}
		value, known := entry.Named[name]
		if name == "" && next < len(entry.Params) && match != "%%" {
			value, known = entry.Params[next], true
			next++
		}
		switch {
		case match == "%%":
			b.WriteByte('%')
		case known:
			b.WriteString(paramText(value))
		default:
			b.WriteString(match)
		}
	}
	b.WriteString(entry.Message[rest:])
	return b.String()
}

func paramText(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	return jsontree.Show(v)
}
