// Package jsonvalue appends Go values of any type as JSON, within limits and
// without secrets. Values may have cycles and methods that panic.
//
// It must not know events, clients or transports.
package jsonvalue

import (
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/mask"
)

// Limits limit a value. Zero means no limit, except for Depth.
type Limits struct {
	Depth int // containers in containers
	Items int // entries of a list, map or struct
	Runes int // characters of a string
}

var (
	// Tight is for extra, params and variables, as in Raven for Python.
	Tight = Limits{Depth: 6, Items: 50, Runes: 400}
	// Loose is for data that Raven for Python sends whole. The depth limits the
	// stack.
	Loose = Limits{Depth: 32}
)

// maxSize is the size from which containers are appended as their types alone.
// A few lists that hold each other many times would fill the memory otherwise.
const maxSize = 1 << 20

// maxPath limits chains of pointers, which don't count as depth.
const maxPath = 1000

// Encoder is the working memory of one encoding. The zero value is ready and
// hides nothing. It is not safe for concurrent use.
type Encoder struct {
	mask    *mask.Mask // nil: everything is shown
	cookies bool       // the value is under a key of cookies

	path []visit  // the containers around the value, to find cycles
	keys []string // of the maps around the value, to sort them
	ents []entry  // of the maps that need reflection, to sort them
}

// Use sets the mask; nil hides nothing.
func (e *Encoder) Use(m *mask.Mask) { e.mask = m }

// Restart prepares for another value. A value that panicked may have left
// state.
func (e *Encoder) Restart() {
	clear(e.path)
	clear(e.keys)
	clear(e.ents)
	e.cookies, e.path, e.keys, e.ents = false, e.path[:0], e.keys[:0], e.ents[:0]
}

// Mask returns the mask for the current place, nil for none. In cookies it
// hides sessions too.
func (e *Encoder) Mask() *mask.Mask {
	if e.cookies {
		return e.mask.Jar()
	}
	return e.mask
}

type visit struct {
	address uintptr
	length  int
	typ     reflect.Type
}

type entry struct {
	key   string
	value reflect.Value
}

// AppendMap appends a map with sorted keys.
func (e *Encoder) AppendMap(dst []byte, m map[string]any, lim Limits) []byte {
	return e.appendAnyMap(dst, m, lim, 0)
}

func (e *Encoder) appendAnyMap(dst []byte, m map[string]any, lim Limits, depth int) []byte {
	start := len(e.keys)
	e.keys = SortedKeys(e.keys, m)
	keys := e.keys[start:]
	if depth > 0 && lim.Items > 0 && len(keys) > lim.Items {
		keys = keys[:lim.Items]
	}
	dst = append(dst, '{')
	for _, k := range keys {
		dst = append(jsontext.AppendString(dst, jsontext.FirstRunes(k, lim.Runes)), ':')
		if e.Mask().Secret(k) {
			dst = append(e.AppendMasked(dst, reflect.ValueOf(m[k]), lim), ',')
			continue
		}
		was := e.enter(k)
		dst = append(e.AppendValue(dst, m[k], lim, depth), ',')
		e.cookies = was
	}
	e.keys = e.keys[:start]
	return jsontext.Close(dst, '}')
}

// AppendStringMap appends a map of strings with sorted keys, without limits.
// shown returns the form of a value.
func (e *Encoder) AppendStringMap(dst []byte, m map[string]string, shown func(m *mask.Mask, key, value string) string) []byte {
	start := len(e.keys)
	e.keys = SortedKeys(e.keys, m)
	dst = append(dst, '{')
	for _, k := range e.keys[start:] {
		dst = append(jsontext.AppendString(dst, k), ':')
		dst = append(jsontext.AppendString(dst, shown(e.Mask(), k, m[k])), ',')
	}
	e.keys = e.keys[:start]
	return jsontext.Close(dst, '}')
}

// AppendStrings appends a list of names without secrets.
func (e *Encoder) AppendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for _, s := range list {
		dst = append(jsontext.AppendString(dst, e.Mask().Name(s)), ',')
	}
	return jsontext.Close(dst, ']')
}

// AppendValue appends a value of any type. Common types come first and need no
// reflection. depth is the number of containers around v.
func (e *Encoder) AppendValue(dst []byte, v any, lim Limits, depth int) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case string:
		return e.appendText(dst, v, lim)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		return jsontext.AppendFloat(dst, v, 64)
	case []byte:
		return e.appendText(dst, string(v), lim)
	case time.Time:
		return jsontext.AppendString(dst, v.Format(time.RFC3339Nano))
	case map[string]any:
		if v == nil {
			return append(dst, "null"...)
		}
		return e.appendContainer(dst, reflect.ValueOf(v), lim, depth)
	}
	r := reflect.ValueOf(v)
	if text, kind := e.describe(v, r); kind != byKind {
		return e.appendDescribed(dst, text, kind, lim)
	}
	return e.appendByKind(dst, r, lim, depth)
}

// appendReflect is AppendValue for values inside containers.
func (e *Encoder) appendReflect(dst []byte, r reflect.Value, lim Limits, depth int) []byte {
	if !r.IsValid() {
		return append(dst, "null"...)
	}
	if r.CanAddr() && r.Kind() != reflect.Pointer && r.Kind() != reflect.Interface && r.Addr().CanInterface() {
		// As in encoding/json, methods of the pointer count.
		if p := r.Addr(); p.Type().NumMethod() > r.Type().NumMethod() {
			if text, kind := e.describe(p.Interface(), p); kind != byKind {
				return e.appendDescribed(dst, text, kind, lim)
			}
		}
	}
	if !r.CanInterface() {
		return e.appendByKind(dst, r, lim, depth)
	}
	if kind := r.Kind(); kind != reflect.Struct && kind != reflect.Array {
		return e.AppendValue(dst, r.Interface(), lim, depth)
	}
	// An interface would make its fields no longer addressable.
	if text, kind := e.describe(r.Interface(), r); kind != byKind {
		return e.appendDescribed(dst, text, kind, lim)
	}
	return e.appendByKind(dst, r, lim, depth)
}

func (e *Encoder) appendByKind(dst []byte, r reflect.Value, lim Limits, depth int) []byte {
	switch r.Kind() {
	case reflect.String:
		return e.appendText(dst, r.String(), lim)
	case reflect.Bool:
		return strconv.AppendBool(dst, r.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(dst, r.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.AppendUint(dst, r.Uint(), 10)
	case reflect.Float32:
		return jsontext.AppendFloat(dst, r.Float(), 32)
	case reflect.Float64:
		return jsontext.AppendFloat(dst, r.Float(), 64)
	case reflect.Complex64, reflect.Complex128:
		return e.appendText(dst, strconv.FormatComplex(r.Complex(), 'g', -1, r.Type().Bits()), lim)
	case reflect.Interface, reflect.Pointer, reflect.Map, reflect.Slice:
		if r.IsNil() {
			return append(dst, "null"...)
		}
		return e.appendContainer(dst, r, lim, depth)
	case reflect.Array, reflect.Struct:
		return e.appendContainer(dst, r, lim, depth)
	}
	// Channels, functions and unsafe pointers are shown as their types.
	return e.appendText(dst, r.Type().String(), lim)
}

// appendContainer appends a value that holds others, unless it holds itself or
// lies too deep.
func (e *Encoder) appendContainer(dst []byte, r reflect.Value, lim Limits, depth int) []byte {
	kind := r.Kind()
	if kind != reflect.Interface && kind != reflect.Pointer && (depth >= lim.Depth || len(dst) > maxSize) || len(e.path) > maxPath {
		return e.appendText(dst, summary(r), lim)
	}
	if kind == reflect.Pointer || kind == reflect.Map || kind == reflect.Slice {
		v := visit{address: r.Pointer(), typ: r.Type()}
		if kind == reflect.Slice {
			v.length = r.Len()
		}
		if slices.Contains(e.path, v) {
			return append(dst, `"<...>"`...)
		}
		e.path = append(e.path, v)
		defer func() { e.path = e.path[:len(e.path)-1] }()
	}
	switch kind {
	case reflect.Interface, reflect.Pointer:
		return e.appendReflect(dst, r.Elem(), lim, depth)
	case reflect.Map:
		if m, ok := asAnyMap(r); ok {
			return e.appendAnyMap(dst, m, lim, depth+1)
		}
		return e.appendReflectMap(dst, r, lim, depth+1)
	case reflect.Struct:
		return e.appendStruct(dst, r, lim, depth+1)
	}
	if kind == reflect.Slice && r.Type().Elem().Kind() == reflect.Uint8 {
		return e.appendText(dst, string(r.Bytes()), lim)
	}
	n := r.Len()
	if lim.Items > 0 {
		n = min(n, lim.Items)
	}
	dst = append(dst, '[')
	for i := range n {
		if len(dst) > maxSize {
			dst = append(dst, `"..."`...)
			break
		}
		dst = append(e.appendReflect(dst, r.Index(i), lim, depth+1), ',')
	}
	return jsontext.Close(dst, ']')
}

func asAnyMap(r reflect.Value) (map[string]any, bool) {
	if !r.CanInterface() {
		return nil, false
	}
	m, ok := r.Interface().(map[string]any)
	return m, ok
}

// summary describes a container that lies too deep.
func summary(r reflect.Value) string {
	switch r.Kind() {
	case reflect.Map, reflect.Slice, reflect.Array:
		return r.Type().String() + " (" + strconv.Itoa(r.Len()) + " entries)"
	}
	return r.Type().String()
}

// SortedKeys appends the keys of m in order, so that equal events are equal
// bytes.
func SortedKeys[M ~map[string]V, V any](dst []string, m M) []string {
	start := len(dst)
	for k := range m {
		dst = append(dst, k)
	}
	slices.Sort(dst[start:])
	return dst
}
