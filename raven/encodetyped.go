package raven

import (
	"encoding"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
)

// describe is the description of a value that does not show what the mask hides:
// a struct that has secret fields is shown by its fields, not by what it says of
// itself.
func (e *encoder) describe(v any, r reflect.Value) (string, description) {
	m := e.mask()
	switch v := v.(type) {
	case url.URL: // its String is the pointer's
		return v.String(), asText
	case *url.Userinfo:
		if v != nil {
			return m.userinfo(v), asText
		}
	case http.Cookie:
		return m.cookies(v.String()), asText
	case *http.Cookie:
		if v != nil {
			return m.cookies(v.String()), asText
		}
	case json.Marshaler, error:
	case encoding.TextMarshaler, fmt.Stringer:
		if m.hides(r.Type()) {
			return "", byKind
		}
	}
	return describe(v, r)
}

// userinfo is the user of a URL, and that there is a password.
func (m *masker) userinfo(u *url.Userinfo) string {
	if _, given := u.Password(); given && m != nil && m.values {
		return url.User(u.Username()).String() + ":" + masked
	}
	return u.String()
}

// hides reports whether values of a type have fields whose names are secret, in
// what they hold by type too.
func (m *masker) hides(t reflect.Type) bool {
	if m == nil {
		return false
	}
	if known, ok := m.secretive.Load(t); ok {
		return known.(bool)
	}
	hides := m.hidesIn(t, map[reflect.Type]bool{})
	m.secretive.Store(t, hides)
	return hides
}

func (m *masker) hidesIn(t reflect.Type, seen map[reflect.Type]bool) bool {
	for {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			if t.Name() != "" && seen[t] {
				return false
			}
			seen[t] = true
			t = t.Elem()
			continue
		case reflect.Struct:
		default:
			return false
		}
		break
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	for _, f := range fieldsOf(t) {
		if m.secret(f.key) || m.secret(f.name) || m.hidesIn(t.FieldByIndex(f.index).Type, seen) {
			return true
		}
	}
	return false
}
