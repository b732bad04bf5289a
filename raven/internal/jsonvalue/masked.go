package jsonvalue

import (
	"reflect"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/mask"
)

// appendText appends a text without what is secret in it.
func (e *Encoder) appendText(dst []byte, s string, lim Limits) []byte {
	return jsontext.AppendString(dst, e.Mask().Start(s, lim.Runes))
}

// AppendMasked appends what is shown of a value under a secret key. Whether it
// is null is no secret, nor how long a list is (protocol 6.3).
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
	return jsontext.CloseList(dst)
}

// enter notes that what is encoded next stands under a key, and returns what
// was noted before.
func (e *Encoder) enter(key string) (was bool) {
	was = e.cookies
	e.cookies = was || mask.NamesCookies(key) && e.Mask() != nil
	return was
}

// behind is the value in an interface, and the one that a pointer in there
// points to.
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
