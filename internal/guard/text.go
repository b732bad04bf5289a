package guard

import (
	"fmt"
	"reflect"
	"strings"
)

// Error returns what err says of itself.
func Error(err error) (text string) {
	Enter()
	defer func() {
		Leave()
		if r := recover(); r != nil {
			text = PanicText(err, "Error", r)
		}
	}()
	return err.Error()
}

// Text calls fn, a method of v, and describes a panic in its place.
func Text(v any, method string, fn func() string) (text string) {
	Enter()
	defer func() {
		Leave()
		if r := recover(); r != nil {
			text = PanicText(v, method, r)
		}
	}()
	return fn()
}

// PanicText says that a method of v panicked with r. Most often v is a nil
// pointer, and that says all.
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

// Plain returns a value as text. If its own methods panic, or if fmt would not
// come to an end with it, it is the name of its type.
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

// Bounds of what fmt is given. It knows no cycles, and prints a value as often
// as it occurs.
const (
	maxPrinted = 10_000 // values in values
	maxNesting = 100
)

// Printable reports whether fmt prints v in reasonable time and stack, with any
// of the verbs in template: it does not hold itself, and is not too large.
func Printable(v any, template string) bool {
	p := printer{budget: maxPrinted, pointers: followsPointers(template)}
	return p.ends(reflect.ValueOf(v), 0)
}

// followsPointers reports whether a template has verbs that are not for
// pointers: fmt follows the outermost pointer only, but in its complaint about
// such a verb the pointer is the outermost.
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

// flat reports whether values of a type hold no others.
func flat(t reflect.Type) bool { return t.Kind() <= reflect.Complex128 || t.Kind() == reflect.String }
