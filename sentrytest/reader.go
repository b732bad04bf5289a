package sentrytest

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// reader collects what is wrong with an event while it is read.
type reader struct {
	problems []Problem
}

func (r *reader) problem(path, reason string) {
	if len(r.problems) == maxFindings {
		return
	}
	r.problems = append(r.problems, Problem{Path: path, Reason: reason})
}

func (r *reader) object(fields map[string]any, at string) object {
	return object{reader: r, at: at, fields: fields}
}

// object is a JSON object and where it stands in the event. Its accessors never fail: they return the zero
// value and report a problem. An object without fields serves for an absent one. JSON null counts as absent
// everywhere.
type object struct {
	reader *reader
	at     string
	fields map[string]any
}

func (o object) path(key string) string {
	if o.at == "" {
		return key
	}
	return o.at + "." + key
}

func (o object) problem(key, reason string) { o.reader.problem(o.path(key), reason) }

// wrong reports a value of a type that the field cannot have.
func (o object) wrong(key, want string, v any) {
	o.problem(key, fmt.Sprintf("expected %s, found %s", want, texts.Shorten(jsontree.Show(v), 60)))
}

// first returns the first of the keys that has a value.
func (o object) first(keys ...string) (string, any) {
	for _, key := range keys {
		if v := o.fields[key]; v != nil {
			return key, v
		}
	}
	return keys[0], nil
}

// text reads a string; booleans and numbers are taken as their text.
func (o object) text(key string) string {
	v := o.fields[key]
	if v == nil {
		return ""
	}
	text, ok := lenientText(v)
	if !ok {
		o.wrong(key, "a string", v)
	}
	return text
}

// textOrJSON reads a string and keeps anything else as its JSON.
func (o object) textOrJSON(key string) string {
	switch v := o.fields[key].(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			o.wrong(key, "a string", v)
		}
		return string(raw)
	}
}

func (o object) boolean(key string) *bool {
	v := o.fields[key]
	if v == nil {
		return nil
	}
	b, ok := v.(bool)
	if !ok {
		o.wrong(key, "a boolean", v)
		return nil
	}
	return &b
}

// integer reads a whole number that an int can hold.
func (o object) integer(key string) (int, bool) {
	switch v := o.fields[key].(type) {
	case nil:
		return 0, false
	case float64:
		if v == math.Trunc(v) && math.Abs(v) <= 1<<53 {
			return int(v), true
		}
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil {
			return n, true
		}
	}
	o.wrong(key, "an integer", o.fields[key])
	return 0, false
}

// mapping reads an object whose contents are anybody's.
func (o object) mapping(key string) map[string]any {
	v := o.fields[key]
	if v == nil {
		return nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		o.wrong(key, "an object", v)
	}
	return m
}

// sub reads an object that stands under the first of the keys.
func (o object) sub(keys ...string) object {
	key, v := o.first(keys...)
	m, ok := v.(map[string]any)
	if v != nil && !ok {
		o.wrong(key, "an object", v)
	}
	return o.reader.object(m, o.path(key))
}

func (o object) stringMap(key string) map[string]string {
	m := o.sub(key)
	if m.fields == nil {
		return nil
	}
	out := map[string]string{}
	for _, name := range texts.SortedKeys(m.fields) {
		if m.fields[name] != nil {
			out[name] = m.text(name)
		}
	}
	return out
}

// strings reads a list of strings. Entries that are none are reported and left out, null is "".
func (o object) strings(key string) []string {
	v := o.fields[key]
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		o.wrong(key, "a list", v)
		return nil
	}
	out := make([]string, 0, len(list))
	for i, inner := range list {
		text, ok := lenientText(inner)
		if !ok && inner != nil {
			o.wrong(key+"."+strconv.Itoa(i), "a string", inner)
			continue
		}
		out = append(out, text)
	}
	return out
}

// values reads a list in any of its shapes: {"values":[…]}, a bare list, or a single object. Null entries are
// left out.
func (o object) values(keys ...string) []object {
	key, v := o.first(keys...)
	if m, ok := v.(map[string]any); ok {
		inner, wrapped := m["values"]
		if !wrapped {
			return []object{o.reader.object(m, o.path(key))}
		}
		v = inner
		key += ".values"
	}
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		o.wrong(key, "a list", v)
		return nil
	}
	var out []object
	for i, inner := range list {
		at := key + "." + strconv.Itoa(i)
		m, ok := inner.(map[string]any)
		if inner != nil && !ok {
			o.wrong(at, "an object", inner)
		}
		if ok {
			out = append(out, o.reader.object(m, o.path(at)))
		}
	}
	return out
}

// time reads a timestamp.
func (o object) time(key string) time.Time {
	v := o.fields[key]
	if v == nil {
		return time.Time{}
	}
	t, ok := parseTime(v)
	if !ok {
		o.wrong(key, "a timestamp", v)
	}
	return t
}

// level reads a level by name or number.
func (o object) level(key, fallback string) string {
	v := o.fields[key]
	if v == nil {
		return fallback
	}
	level, ok := parseLevel(v)
	if !ok {
		o.wrong(key, "a level", v)
		return fallback
	}
	return level
}
