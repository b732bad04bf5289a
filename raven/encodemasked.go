package raven

import (
	"reflect"
	"strings"
)

// appendText appends a text without what is secret in it.
func (e *encoder) appendText(dst []byte, s string, lim limits) []byte {
	return appendString(dst, e.mask().start(s, lim.runes))
}

// appendMasked appends what is shown of a value under a secret key. Whether it
// is null is no secret, nor how long a list is (protocol 6.3).
func (e *encoder) appendMasked(dst []byte, r reflect.Value, lim limits) []byte {
	r = behind(r)
	switch {
	case isNil(r):
		return append(dst, "null"...)
	case r.Kind() != reflect.Slice && r.Kind() != reflect.Array, r.Type().Elem().Kind() == reflect.Uint8:
		return append(dst, `"`+masked+`"`...)
	}
	dst = append(dst, '[')
	for i := range r.Len() {
		if lim.items > 0 && i == lim.items || len(dst) > maxEncoded {
			break
		}
		if isNil(behind(r.Index(i))) {
			dst = append(dst, "null,"...)
		} else {
			dst = append(dst, `"`+masked+`",`...)
		}
	}
	return closeList(dst)
}

// enter notes that what is encoded next stands under a key, and returns what was
// noted before.
func (e *encoder) enter(key string) (was bool) {
	was = e.cookies
	e.cookies = was || namesCookies(key) && e.mask() != nil
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

// headerValue is what is sent of a header, or of a variable of the request's
// environment.
func headerValue(m *masker, key, value string) string {
	if m == nil {
		return value
	}
	if m.secret(key) {
		return masked
	}
	return m.inCookies(key).value(value)
}

// maxTag is how many characters Sentry takes of a tag's value (protocol 5.3).
const maxTag = 200

// tagValue is what is sent of a tag. Sentry drops values that are longer than
// it likes or have more than one line, which would be a pity.
func tagValue(m *masker, key, value string) string {
	if m.secret(key) {
		return masked
	}
	value = m.start(value, maxTag)
	if strings.IndexByte(value, '\n') >= 0 {
		value = strings.ReplaceAll(value, "\n", " ")
	}
	return value
}

func asItIs(_ *masker, _, value string) string { return value }

// closeList is closeObject for lists.
func closeList(dst []byte) []byte {
	if dst[len(dst)-1] == ',' {
		dst[len(dst)-1] = ']'
		return dst
	}
	return append(dst, ']')
}
