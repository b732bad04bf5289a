package guard

import (
	"fmt"
	"reflect"
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
	if !Printable(v) {
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

// Printable reports whether fmt prints v in reasonable time and stack, whatever
// the verb: it does not hold itself, and is not too large.
func Printable(v any) bool {
	budget := maxPrinted
	return printable(reflect.ValueOf(v), 0, &budget)
}

func printable(r reflect.Value, depth int, budget *int) bool {
	if *budget--; *budget < 0 || depth > maxNesting {
		return false
	}
	switch r.Kind() {
	case reflect.Interface:
		return printable(r.Elem(), depth, budget)
	case reflect.Pointer: // fmt follows only the outermost
		return depth > 0 || printable(r.Elem(), depth+1, budget)
	case reflect.Struct:
		for i := range r.NumField() {
			if !printable(r.Field(i), depth+1, budget) {
				return false
			}
		}
	case reflect.Slice, reflect.Array:
		if flat(r.Type().Elem()) {
			*budget -= r.Len() / 100
			return *budget >= 0
		}
		for i := range r.Len() {
			if !printable(r.Index(i), depth+1, budget) {
				return false
			}
		}
	case reflect.Map:
		for iter := r.MapRange(); iter.Next(); {
			if !printable(iter.Key(), depth+1, budget) || !printable(iter.Value(), depth+1, budget) {
				return false
			}
		}
	}
	return true
}

// flat reports whether values of a type hold no others.
func flat(t reflect.Type) bool { return t.Kind() <= reflect.Complex128 || t.Kind() == reflect.String }
