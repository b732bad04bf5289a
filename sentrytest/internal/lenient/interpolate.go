package lenient

import (
	"regexp"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// placeholder finds what Sentry replaces in a template: %s and the like,
// %(name)s, {} and {name}.
var placeholder = regexp.MustCompile(`%%|%(?:\(([^)]*)\))?[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]|\{(\w*)\}`)

// Interpolate puts the parameters into the template. A placeholder without a
// parameter stays.
func Interpolate(template string, params []any, named map[string]any) string {
	if len(params) == 0 && len(named) == 0 {
		return template
	}
	next := 0
	var b strings.Builder
	rest := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(template, -1) {
		match := template[at[0]:at[1]]
		b.WriteString(template[rest:at[0]])
		rest = at[1]
		name := ""
		for _, group := range []int{2, 4} {
			if at[group] >= 0 {
				name = template[at[group]:at[group+1]]
			}
		}
		value, known := named[name]
		if name == "" && next < len(params) && match != "%%" {
			value, known = params[next], true
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
	b.WriteString(template[rest:])
	return b.String()
}

func paramText(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	return jsontree.Show(v)
}
