// Package lenient reads JSON as Sentry's servers do: in any of the shapes that
// the protocol has had for a field, and without ever failing. A value that it
// can't read is empty, and noted as a [Problem].
//
// It must know nothing of events, requests or what a server does about a
// problem.
package lenient

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Problem is a field that is not in the form of the protocol.
type Problem struct {
	Path, Reason string
}

// Expected returns the reason without the value, since findings have it
// separately.
func (p Problem) Expected() string {
	reason, _, _ := strings.Cut(p.Reason, ", found ")
	reason, _, _ = strings.Cut(reason, ": ")
	return reason
}

// maxProblems limits what is noted about one event, so that a hostile one costs
// no more than its own size.
const maxProblems = 500

// Reader collects the problems of an event while it is read. The zero value is
// ready.
type Reader struct {
	problems []Problem
}

// Take returns what was noted since the last take.
func (r *Reader) Take() []Problem {
	taken := r.problems
	r.problems = nil
	return taken
}

// Note notes a problem, unless there are too many already.
func (r *Reader) Note(path, reason string) {
	if len(r.problems) == maxProblems {
		return
	}
	r.problems = append(r.problems, Problem{Path: path, Reason: reason})
}

// Object makes the object at a path.
func (r *Reader) Object(fields map[string]any, at string) Object {
	return Object{Reader: r, At: at, Fields: fields}
}

// Object is a JSON object and its path in the event. Its accessors never fail:
// they return the zero value and note a problem. An absent object has no
// fields. JSON null counts as absent everywhere.
type Object struct {
	Reader *Reader
	At     string
	Fields map[string]any
}

// Path returns the path of a key of the object.
func (o Object) Path(key string) string { return jsontree.Join(o.At, key) }

// Note notes a problem with a key of the object.
func (o Object) Note(key, reason string) { o.Reader.Note(o.Path(key), reason) }

// wrong notes a value of a type that the field cannot have.
func (o Object) wrong(key, want string, v any) {
	o.Note(key, fmt.Sprintf("expected %s, found %s", want, texts.Shorten(jsontree.Show(v), 60)))
}

// First returns the first of the keys that has a value.
func (o Object) First(keys ...string) (string, any) {
	for _, key := range keys {
		if v := o.Fields[key]; v != nil {
			return key, v
		}
	}
	return keys[0], nil
}

// read reads a value, and notes one that from refuses.
func read[T any](o Object, key, want string, from func(any) (T, bool)) (value T) {
	v := o.Fields[key]
	if v == nil {
		return value
	}
	value, ok := from(v)
	if !ok {
		o.wrong(key, want, v)
	}
	return value
}

func is[T any](v any) (T, bool) {
	t, ok := v.(T)
	return t, ok
}

// Text reads a string.
func (o Object) Text(key string) string { return read(o, key, "a string", is[string]) }

// Scalar reads a string, or the text of a boolean or a number: see [Text].
func (o Object) Scalar(key string) string { return read(o, key, "a string", Text) }

// TextOrJSON reads a string and keeps anything else as its JSON.
func (o Object) TextOrJSON(key string) string {
	switch v := o.Fields[key].(type) {
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

// Boolean reads true or false, nil when it is absent.
func (o Object) Boolean(key string) *bool {
	return read(o, key, "a boolean", func(v any) (*bool, bool) {
		b, ok := v.(bool)
		if !ok {
			return nil, false
		}
		return &b, true
	})
}

// Integer reads a whole number that an int can hold.
func (o Object) Integer(key string) (int, bool) {
	switch v := o.Fields[key].(type) {
	case nil:
		return 0, false
	case float64:
		const most = min(1<<53, math.MaxInt) // an int may have 32 bits
		if v == math.Trunc(v) && math.Abs(v) <= most {
			return int(v), true
		}
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil {
			return n, true
		}
	}
	o.wrong(key, "an integer", o.Fields[key])
	return 0, false
}

// Mapping reads an object with any contents.
func (o Object) Mapping(key string) map[string]any {
	return read(o, key, "an object", is[map[string]any])
}

// Sub reads an object under the first of the keys that has a value.
func (o Object) Sub(keys ...string) Object {
	key, _ := o.First(keys...)
	return o.Reader.Object(o.Mapping(key), o.Path(key))
}

// StringMap reads an object of strings.
func (o Object) StringMap(key string) map[string]string { return o.texts(key, Object.Text) }

// ScalarMap reads an object of scalars as their texts.
func (o Object) ScalarMap(key string) map[string]string { return o.texts(key, Object.Scalar) }

func (o Object) texts(key string, read func(Object, string) string) map[string]string {
	m := o.Sub(key)
	if m.Fields == nil {
		return nil
	}
	out := map[string]string{}
	for _, name := range texts.SortedKeys(m.Fields) {
		if m.Fields[name] != nil {
			out[name] = read(m, name)
		}
	}
	return out
}

// Strings reads a list of strings. Other entries are noted and left out; null
// is "".
func (o Object) Strings(key string) []string {
	list := read(o, key, "a list", is[[]any])
	if list == nil {
		return nil
	}
	out := make([]string, 0, len(list))
	for i, inner := range list {
		text, ok := inner.(string)
		if !ok && inner != nil {
			o.wrong(key+"."+strconv.Itoa(i), "a string", inner)
			continue
		}
		out = append(out, text)
	}
	return out
}

// Scalars reads a list of scalars as their texts. Null is left out.
func (o Object) Scalars(key string) []string {
	var out []string
	for i, inner := range read(o, key, "a list", is[[]any]) {
		text, ok := Text(inner)
		if ok {
			out = append(out, text)
		} else if inner != nil {
			o.wrong(key+"."+strconv.Itoa(i), "a string", inner)
		}
	}
	return out
}

// Values reads a list in any of its shapes: {"values":[…]}, a bare list, or a
// single object. Null entries are left out.
func (o Object) Values(keys ...string) []Object {
	key, v := o.First(keys...)
	if m, ok := v.(map[string]any); ok {
		inner, wrapped := m["values"]
		if !wrapped {
			return []Object{o.Reader.Object(m, o.Path(key))}
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
	var out []Object
	for i, inner := range list {
		at := key + "." + strconv.Itoa(i)
		m, ok := inner.(map[string]any)
		if inner != nil && !ok {
			o.wrong(at, "an object", inner)
		}
		if ok {
			out = append(out, o.Reader.Object(m, o.Path(at)))
		}
	}
	return out
}

// Time reads a timestamp.
func (o Object) Time(key string) time.Time { return read(o, key, "a timestamp", Time) }

// Level reads a level by name or number.
func (o Object) Level(key, fallback string) string {
	return cmp.Or(read(o, key, "a level", Level), fallback)
}

// Duration reads seconds.
func (o Object) Duration(key string) *time.Duration {
	return read(o, key, "a number of seconds", func(v any) (*time.Duration, bool) {
		seconds, ok := jsontree.Number(v)
		if !ok || seconds < 0 || seconds > 1e9 {
			return nil, false
		}
		d := time.Duration(seconds * float64(time.Second))
		return &d, true
	})
}

// Count reads a number of things, 0 when it is absent.
func (o Object) Count(key string) int {
	n, _ := o.Integer(key)
	if n < 0 {
		o.wrong(key, "a number not below 0", o.Fields[key])
	}
	return n
}

// Vars reads an object, or a list, whose indexes become the names as in Sentry.
func (o Object) Vars(key string) map[string]any {
	list, ok := o.Fields[key].([]any)
	if !ok {
		return o.Mapping(key)
	}
	vars := map[string]any{}
	for i, value := range list {
		vars[strconv.Itoa(i)] = value
	}
	return vars
}

// IsTrue reports whether a boolean is present and true.
func IsTrue(b *bool) bool { return b != nil && *b }
