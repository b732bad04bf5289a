package jsonvalue

import (
	"reflect"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
)

// appendReflectMap appends a map that is not a map[string]any, sorted by the
// texts of its keys. Of keys with the same text one is appended.
func (e *Encoder) appendReflectMap(dst []byte, r reflect.Value, lim Limits, depth int) []byte {
	start := len(e.ents)
	for iter := r.MapRange(); iter.Next(); {
		e.ents = append(e.ents, entry{jsontext.FirstRunes(keyText(iter.Key()), lim.Runes), iter.Value()})
	}
	entries := e.ents[start:]
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	dst = append(dst, '{')
	for i, n := 0, 0; i < len(entries) && (lim.Items == 0 || n < lim.Items); i++ {
		if i > 0 && entries[i].key == entries[i-1].key {
			continue
		}
		n++
		key := entries[i].key
		dst = append(jsontext.AppendString(dst, key), ':')
		dst = e.appendMember(dst, key, e.Mask().Secret(key), entries[i].value, lim, depth)
	}
	clear(e.ents[start:])
	e.ents = e.ents[:start]
	return jsontext.Close(dst, '}')
}

// appendMember appends the value of a key, and a comma.
func (e *Encoder) appendMember(dst []byte, key string, secret bool, v reflect.Value, lim Limits, depth int) []byte {
	if secret {
		return append(e.AppendMasked(dst, v, lim), ',')
	}
	was := e.enter(key)
	dst = append(e.appendReflect(dst, v, lim, depth), ',')
	e.cookies = was
	return dst
}

func keyText(k reflect.Value) string {
	for k.Kind() == reflect.Interface {
		if k.IsNil() {
			return "null"
		}
		k = k.Elem()
	}
	if k.Kind() == reflect.String {
		return k.String()
	}
	if k.CanInterface() {
		switch text, how := described(k.Interface(), k); how {
		case asText:
			return text
		case asJSON:
			return strings.Trim(text, `"`)
		}
	}
	switch k.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr,
		reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return strings.Trim(string(new(Encoder).appendByKind(nil, k, Loose, 0)), `"`)
	}
	return k.Type().String()
}

func (e *Encoder) appendStruct(dst []byte, r reflect.Value, lim Limits, depth int) []byte {
	fields := fieldsOf(r.Type())
	if len(fields) == 0 && r.NumField() > 0 {
		return e.appendText(dst, r.Type().String(), lim)
	}
	dst = append(dst, '{')
	n := 0
	for i := range fields {
		f := &fields[i]
		v, err := r.FieldByIndexErr(f.index)
		if err != nil || f.omitZero && v.IsZero() || f.omitEmpty && isEmpty(v) {
			continue
		}
		if lim.Items > 0 && n == lim.Items {
			break
		}
		n++
		secret := e.Mask().Secret(f.key) || e.Mask().Secret(f.name)
		dst = e.appendMember(append(dst, f.key...), f.name, secret, v, lim, depth)
	}
	return jsontext.Close(dst, '}')
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}
