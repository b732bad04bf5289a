package sentrytest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// maxFormDepth bounds how deep sentry[a][b]… may go: what is nested without end could not be written as JSON.
const maxFormDepth = 32

// formField is one field of a form that is no file.
type formField struct{ name, value string }

// formData are the fields beside a minidump. Crash reporters put an event into them: whole, as the JSON of the field
// "sentry"; cut into "sentry__1", "sentry__2" and so on; or value by value, as "sentry[user][id]". Whatever else there
// is becomes extra data.
type formData []formField

// event assembles the event. What is no JSON object is left out of it; the request has it.
func (f formData) event() map[string]any {
	event := map[string]any{}
	var chunks []formField
	for _, field := range f {
		if _, err := strconv.Atoi(strings.TrimPrefix(field.name, "sentry__")); err == nil && strings.HasPrefix(field.name, "sentry__") {
			chunks = append(chunks, field)
			continue
		}
		path, nested := bracketPath(field.name)
		switch {
		case field.name == "sentry":
			mergeJSON(event, field.value)
		case nested:
			setPath(event, path, field.value)
		default:
			setPath(event, []string{"extra", field.name}, field.value)
		}
	}
	slices.SortStableFunc(chunks, func(a, b formField) int {
		return cmp.Or(cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
	})
	var whole strings.Builder
	for _, chunk := range chunks {
		whole.WriteString(chunk.value)
	}
	mergeJSON(event, whole.String())
	return event
}

func mergeJSON(event map[string]any, text string) {
	tree, err := jsontree.Decode([]byte(text))
	fields, ok := tree.(map[string]any)
	if err != nil || !ok {
		return
	}
	for key, value := range fields {
		event[key] = value
	}
}

// bracketPath reads sentry[a][b].
func bracketPath(name string) ([]string, bool) {
	rest, ok := strings.CutPrefix(name, "sentry[")
	if !ok {
		return nil, false
	}
	rest, ok = strings.CutSuffix(rest, "]")
	path := strings.Split(rest, "][")
	return path, ok && len(path) <= maxFormDepth
}

// setPath puts a value below a path of keys. A value that stands in the way stays.
func setPath(fields map[string]any, path []string, value string) {
	for _, key := range path[:len(path)-1] {
		inner, ok := fields[key].(map[string]any)
		if !ok && fields[key] != nil {
			return
		}
		if !ok {
			inner = map[string]any{}
			fields[key] = inner
		}
		fields = inner
	}
	fields[path[len(path)-1]] = value
}
