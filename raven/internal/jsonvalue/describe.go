package jsonvalue

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/mask"
)

// describe returns the description of a value without secrets. A struct with
// secret fields is shown by its fields, not by its own methods.
func (e *Encoder) describe(v any, r reflect.Value) (string, description) {
	m := e.Mask()
	switch v := v.(type) {
	case url.URL: // its String is the pointer's
		return v.String(), asText
	case *url.Userinfo:
		if v != nil {
			return m.Userinfo(v), asText
		}
	case http.Cookie:
		return m.Cookies(v.String()), asText
	case *http.Cookie:
		if v != nil {
			return m.Cookies(v.String()), asText
		}
	case json.Marshaler, error:
	case encoding.TextMarshaler, fmt.Stringer:
		if hides(m, r.Type()) {
			return "", byKind
		}
	}
	return described(v, r)
}

// hides reports whether a type, or a type in it, has fields with secret names.
func hides(m *mask.Mask, t reflect.Type) bool {
	return m.OfType(t, func(m *mask.Mask, t reflect.Type) bool { return hidesIn(m, t, map[reflect.Type]bool{}) })
}

func hidesIn(m *mask.Mask, t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return hidesIn(m, t.Elem(), seen)
	case reflect.Struct:
		return slices.ContainsFunc(fieldsOf(t), func(f field) bool {
			return m.Secret(f.key) || m.Secret(f.name) || hidesIn(m, t.FieldByIndex(f.index).Type, seen)
		})
	}
	return false
}

// maxMarshalled limits a value's own JSON, as Sentry limits an extra value. Of
// longer JSON the beginning is shown as text.
const maxMarshalled = 16384

// description is the form of a value.
type description int

const (
	byKind description = iota // by its kind
	asText                    // as a string
	asJSON                    // as its own JSON
)

// described returns a value's own JSON, its error text, its text form or its
// String, in this order. It calls no methods of nil pointers.
func described(v any, r reflect.Value) (string, description) {
	if r.Kind() == reflect.Pointer && r.IsNil() {
		return "", byKind
	}
	switch v := v.(type) {
	case reflect.Value:
		return v.String(), asText
	case json.Number:
		if s := strings.TrimSpace(v.String()); s != "" && (s[0] == '-' || s[0] >= '0' && s[0] <= '9') && json.Valid([]byte(s)) {
			return s, asJSON
		}
		return v.String(), asText
	case json.Marshaler:
		return marshalled(v)
	case error:
		return guard.Error(v), asText
	case encoding.TextMarshaler:
		return guard.Text(v, "MarshalText", func() string {
			text, err := v.MarshalText()
			if err != nil {
				return fmt.Sprintf("<%T: MarshalText failed: %s>", v, guard.Error(err))
			}
			return string(text)
		}), asText
	case fmt.Stringer:
		return guard.Text(v, "String", v.String), asText
	}
	return "", byKind
}

func marshalled(v json.Marshaler) (text string, how description) {
	var compact bytes.Buffer
	var err error
	r := guard.Do(func() {
		var raw []byte
		if raw, err = v.MarshalJSON(); err == nil {
			err = json.Compact(&compact, raw)
		}
	})
	switch {
	case r != nil:
		return guard.PanicText(v, "MarshalJSON", r), asText
	case err != nil:
		return fmt.Sprintf("<%T: MarshalJSON failed: %s>", v, guard.Error(err)), asText
	}
	return strings.ToValidUTF8(compact.String(), "\ufffd"), asJSON
}

func (e *Encoder) appendDescribed(dst []byte, text string, how description, lim Limits) []byte {
	if how == asText || lim.Runes > 0 && len(text) > maxMarshalled {
		return e.appendText(dst, text, lim)
	}
	return append(dst, e.Mask().JSON(jsontext.Strict(text))...)
}
