package jsonvalue

import (
	"reflect"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
)

// appendReflectMap appends a map that is not a map[string]any, sorted by what
// its keys look like. Keys that look the same are one key.
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
		if n++; n > 1 {
			dst = append(dst, ',')
		}
		dst = append(jsontext.AppendString(dst, entries[i].key), ':')
		if e.Mask().Secret(entries[i].key) {
			dst = e.AppendMasked(dst, entries[i].value, lim)
			continue
		}
		was := e.enter(entries[i].key)
		dst = e.appendReflect(dst, entries[i].value, lim, depth)
		e.cookies = was
	}
	clear(e.ents[start:])
	e.ents = e.ents[:start]
	return append(dst, '}')
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
		if n++; n > 1 {
			dst = append(dst, ',')
		}
		dst = append(dst, f.key...)
		if m := e.Mask(); m.Secret(f.key) || m.Secret(f.name) {
			dst = e.AppendMasked(dst, v, lim)
			continue
		}
		was := e.enter(f.name)
		dst = e.appendReflect(dst, v, lim, depth)
		e.cookies = was
	}
	return append(dst, '}')
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
