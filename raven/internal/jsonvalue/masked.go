package jsonvalue

import (
	"reflect"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/mask"
)

// appendText appends a text without secrets.
func (e *Encoder) appendText(dst []byte, s string, lim Limits) []byte {
	return jsontext.AppendString(dst, e.Mask().Start(s, lim.Runes))
}

// AppendMasked appends the value of a secret key, masked. It shows whether the
// value is null and how long a list is, as Raven for Python does.
func (e *Encoder) AppendMasked(dst []byte, r reflect.Value, lim Limits) []byte {
	r = behind(r)
	switch {
	case isNil(r):
		return append(dst, "null"...)
	case r.Kind() != reflect.Slice && r.Kind() != reflect.Array, r.Type().Elem().Kind() == reflect.Uint8:
		return append(dst, `"`+mask.Hidden+`"`...)
	}
	dst = append(dst, '[')
	for i := range r.Len() {
		if lim.Items > 0 && i == lim.Items || len(dst) > maxSize {
			break
		}
		if isNil(behind(r.Index(i))) {
			dst = append(dst, "null,"...)
		} else {
			dst = append(dst, `"`+mask.Hidden+`",`...)
		}
	}
	return jsontext.Close(dst, ']')
}

// enter notes the key of the next value and returns the previous state.
func (e *Encoder) enter(key string) (was bool) {
	was = e.cookies
	e.cookies = was || mask.NamesCookies(key) && e.Mask() != nil
	return was
}

// behind returns the value in an interface, and the one behind a pointer.
func behind(r reflect.Value) reflect.Value {
	if r.Kind() == reflect.Interface {
		r = r.Elem()
	}
	if r.Kind() == reflect.Pointer && !r.IsNil() {
		r = r.Elem()
	}
	return r
}

func isNil(r reflect.Value) bool {
	switch r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return r.IsNil()
	}
	return false
}
