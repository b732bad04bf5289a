package guard

import (
	"fmt"
	"reflect"
	"strings"
)

// Error returns the text of err.
func Error(err error) string { return Text(err, "Error", err.Error) }

// Text calls fn, a method of v. If fn panics, Text describes the panic.
func Text(v any, method string, fn func() string) (text string) {
	if r := Do(func() { text = fn() }); r != nil {
		return PanicText(v, method, r)
	}
	return text
}

// PanicText says that a method of v panicked with r. If v is a nil pointer, the
// usual case, it says only that.
func PanicText(v any, method string, r any) string {
	if IsNilPointer(v) {
		return "<nil>"
	}
	return fmt.Sprintf("<%T: %s panicked: %s>", v, method, Plain(r))
}

// IsNilPointer reports whether v is a nil pointer of some type.
func IsNilPointer(v any) bool {
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Pointer && r.IsNil()
}

// Plain returns a value as text. If its methods panic, or if fmt would not end,
// it returns the name of its type.
func Plain(v any) (text string) {
	Enter()
	defer func() {
		Leave()
		if recover() != nil {
			text = fmt.Sprintf("%T", v)
		}
	}()
	switch v := v.(type) {
	case string:
		return v
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	}
	if !Printable(v, "%v") {
		return fmt.Sprintf("%T", v)
	}
	return fmt.Sprint(v)
}

// Limits for values that fmt prints. fmt detects no cycles, and prints a value
// as often as it occurs.
const (
	maxPrinted = 10_000 // number of nested values
	maxNesting = 100
)

// Printable reports whether fmt prints v in reasonable time and stack, with any
// of the verbs in template: v has no cycle and is not too large.
func Printable(v any, template string) bool {
	p := printer{budget: maxPrinted, pointers: followsPointers(template)}
	return p.ends(reflect.ValueOf(v), 0)
}

// followsPointers reports whether a template has verbs that are invalid for
// pointers. fmt normally follows only the outermost pointer. In its message
// about an invalid verb, it prints the inner value anew, and so follows the
// pointer in it.
func followsPointers(template string) bool {
	for {
		_, rest, found := strings.Cut(template, "%")
		if !found {
			return false
		}
		verb := strings.IndexFunc(rest, func(r rune) bool { return !strings.ContainsRune("+-# 0123456789.*[]", r) })
		if verb < 0 {
			return false
		}
		if !strings.ContainsRune("vTpbodxX%", rune(rest[verb])) {
			return true
		}
		template = rest[verb+1:]
	}
}

type printer struct {
	budget   int
	pointers bool // inner pointers are followed
}

func (p *printer) ends(r reflect.Value, depth int) bool {
	if p.budget--; p.budget < 0 || depth > maxNesting {
		return false
	}
	switch r.Kind() {
	case reflect.Interface:
		return p.ends(r.Elem(), depth)
	case reflect.Pointer:
		if depth > 0 {
			return !p.pointers || r.IsNil() || flat(r.Type().Elem())
		}
		return p.ends(r.Elem(), depth+1)
	case reflect.Struct:
		for i := range r.NumField() {
			if !p.ends(r.Field(i), depth+1) {
				return false
			}
		}
	case reflect.Slice, reflect.Array:
		if flat(r.Type().Elem()) {
			p.budget -= r.Len() / 100
			return p.budget >= 0
		}
		for i := range r.Len() {
			if !p.ends(r.Index(i), depth+1) {
				return false
			}
		}
	case reflect.Map:
		for iter := r.MapRange(); iter.Next(); {
			if !p.ends(iter.Key(), depth+1) || !p.ends(iter.Value(), depth+1) {
				return false
			}
		}
	}
	return true
}

// flat reports whether values of a type contain no other values.
func flat(t reflect.Type) bool { return t.Kind() <= reflect.Complex128 || t.Kind() == reflect.String }
