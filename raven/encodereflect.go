package raven

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/ravenkit/ravenkit/internal/guard"
)

// maxMarshalled is how much a value's own JSON may be where there are limits:
// Sentry takes no more of one extra value. Beyond that its beginning is text.
const maxMarshalled = 16384

// description tells how a value wants to be shown.
type description int

const (
	byKind description = iota // as what its kind is
	asText                    // as a string
	asJSON                    // as the JSON that it made of itself
)

// describe lets a value speak for itself: by its own JSON, as an error, by its
// text form, as a Stringer. Nil pointers are not asked.
func describe(v any, r reflect.Value) (string, description) {
	if r.Kind() == reflect.Pointer && r.IsNil() {
		return "", byKind
	}
	switch v := v.(type) {
	case reflect.Value:
		return v.String(), asText
	case json.Number:
		if s := v.String(); s != "" && (s[0] == '-' || s[0] >= '0' && s[0] <= '9') && json.Valid([]byte(s)) {
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

func marshalled(v json.Marshaler) (string, description) {
	how := asJSON
	text := func() (text string) {
		guard.Enter()
		defer func() {
			guard.Leave()
			if r := recover(); r != nil {
				text, how = guard.PanicText(v, "MarshalJSON", r), asText
			}
		}()
		raw, err := v.MarshalJSON()
		var compact bytes.Buffer
		if err == nil {
			err = json.Compact(&compact, raw)
		}
		if err != nil {
			how = asText
			return fmt.Sprintf("<%T: MarshalJSON failed: %s>", v, guard.Error(err))
		}
		return strings.ToValidUTF8(compact.String(), "\ufffd")
	}()
	return text, how
}

func (e *encoder) appendDescribed(dst []byte, text string, how description, lim limits) []byte {
	if how == asText || lim.runes > 0 && len(text) > maxMarshalled {
		return e.appendText(dst, text, lim)
	}
	return append(dst, e.mask().json(strict(text))...)
}

// appendReflectMap appends a map that is not a map[string]any, sorted by what
// its keys look like. Keys that look the same are one key.
func (e *encoder) appendReflectMap(dst []byte, r reflect.Value, lim limits, depth int) []byte {
	start := len(e.ents)
	for iter := r.MapRange(); iter.Next(); {
		e.ents = append(e.ents, entry{firstRunes(keyText(iter.Key()), lim.runes), iter.Value()})
	}
	entries := e.ents[start:]
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	dst = append(dst, '{')
	for i, n := 0, 0; i < len(entries) && (lim.items == 0 || n < lim.items); i++ {
		if i > 0 && entries[i].key == entries[i-1].key {
			continue
		}
		if n++; n > 1 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, entries[i].key), ':')
		if e.mask().secret(entries[i].key) {
			dst = e.appendMasked(dst, entries[i].value, lim)
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
		switch text, how := describe(k.Interface(), k); how {
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
		return strings.Trim(string(new(encoder).appendByKind(nil, k, loose, 0)), `"`)
	}
	return k.Type().String()
}

// field is one member of a struct as its json tag wants it.
type field struct {
	key       string // with its colon, as JSON
	name      string // in Go
	index     []int
	omitEmpty bool
	omitZero  bool
}

var structFields sync.Map // of reflect.Type to []field

func fieldsOf(t reflect.Type) []field {
	if known, ok := structFields.Load(t); ok {
		return known.([]field)
	}
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		embedded := f.Type
		if embedded.Kind() == reflect.Pointer {
			embedded = embedded.Elem()
		}
		switch {
		case !f.IsExported(), name == "-" && options == "", f.Anonymous && name == "" && embedded.Kind() == reflect.Struct,
			hiddenByTag(t, f):
			continue
		case name == "":
			name = f.Name
		}
		fields = append(fields, field{
			key:       string(appendString(nil, name)) + ":",
			name:      f.Name,
			index:     f.Index,
			omitEmpty: slices.Contains(strings.Split(options, ","), "omitempty"),
			omitZero:  slices.Contains(strings.Split(options, ","), "omitzero"),
		})
	}
	known, _ := structFields.LoadOrStore(t, fields)
	return known.([]field)
}

// hiddenByTag reports whether a promoted field belongs to an embedded struct
// that has a name in JSON, and so is shown inside that.
func hiddenByTag(t reflect.Type, f reflect.StructField) bool {
	for n := 1; n < len(f.Index); n++ {
		name, _, _ := strings.Cut(t.FieldByIndex(f.Index[:n]).Tag.Get("json"), ",")
		if name != "" {
			return true
		}
	}
	return false
}

func (e *encoder) appendStruct(dst []byte, r reflect.Value, lim limits, depth int) []byte {
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
		if lim.items > 0 && n == lim.items {
			break
		}
		if n++; n > 1 {
			dst = append(dst, ',')
		}
		dst = append(dst, f.key...)
		if m := e.mask(); m.secret(f.key) || m.secret(f.name) {
			dst = e.appendMasked(dst, v, lim)
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
