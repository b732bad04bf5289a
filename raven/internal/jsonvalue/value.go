// Package jsonvalue appends Go values of any type as JSON: within limits,
// without secrets, whatever cycles they have and whatever their methods do.
//
// It knows values, keys and masks. It must not know events, clients or
// transports.
package jsonvalue

import (
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/mask"
)

// Limits are how much of a value is sent; zero means all of it, but for Depth.
type Limits struct {
	Depth int // containers in containers
	Items int // entries of a list, map or struct
	Runes int // characters of a string
}

var (
	// Tight is the reference's serialiser for extra, params and vars
	// (protocol 6.2).
	Tight = Limits{Depth: 6, Items: 50, Runes: 400}
	// Loose is for what the reference sends whole; the depth only keeps a
	// runaway value from exhausting the stack.
	Loose = Limits{Depth: 32}
)

// maxSize is where containers end up as their types alone: a few small lists
// that hold each other many times over would fill any memory otherwise, and no
// server takes a larger event.
const maxSize = 1 << 20

// maxPath ends chains of pointers to pointers, whose depth is not counted.
const maxPath = 1000

// Encoder is the working memory of one encoding. The zero value is ready and
// hides nothing. It is not safe for concurrent use.
type Encoder struct {
	mask    *mask.Mask // nil: everything is shown
	cookies bool       // what is encoded stands under the key of cookies

	path []visit  // the containers around the value, to find cycles
	keys []string // of the maps around the value, to sort them
	ents []entry  // the same for maps that are found by reflection
}

// Use makes the encoder hide what m hides, nil for nothing.
func (e *Encoder) Use(m *mask.Mask) { e.mask = m }

// Restart makes the encoder ready for another value. A value that panicked may
// have left it in the middle.
func (e *Encoder) Restart() {
	clear(e.path)
	clear(e.keys)
	clear(e.ents)
	e.cookies, e.path, e.keys, e.ents = false, e.path[:0], e.keys[:0], e.ents[:0]
}

// Mask is what hides secrets where the encoder stands, nil for nothing: in
// cookies it hides the names of sessions.
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
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(jsontext.AppendString(dst, jsontext.FirstRunes(k, lim.Runes)), ':')
		if e.Mask().Secret(k) {
			dst = e.AppendMasked(dst, reflect.ValueOf(m[k]), lim)
			continue
		}
		was := e.enter(k)
		dst = e.AppendValue(dst, m[k], lim, depth)
		e.cookies = was
	}
	e.keys = e.keys[:start]
	return append(dst, '}')
}

// AppendStringMap appends a map of strings with sorted keys, all of it. shown
// is what is sent of a value.
func (e *Encoder) AppendStringMap(dst []byte, m map[string]string, shown func(m *mask.Mask, key, value string) string) []byte {
	start := len(e.keys)
	e.keys = SortedKeys(e.keys, m)
	dst = append(dst, '{')
	for i, k := range e.keys[start:] {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(jsontext.AppendString(dst, k), ':')
		dst = jsontext.AppendString(dst, shown(e.Mask(), k, m[k]))
	}
	e.keys = e.keys[:start]
	return append(dst, '}')
}

// AppendStrings appends a list of names, without what is secret in them.
func (e *Encoder) AppendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsontext.AppendString(dst, e.Mask().Name(s))
	}
	return append(dst, ']')
}

// AppendValue appends a value of any type as JSON. The usual types come first
// and need no reflection. depth is how many containers are around v.
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

// appendReflect is appendValue for what is found inside a container.
func (e *Encoder) appendReflect(dst []byte, r reflect.Value, lim Limits, depth int) []byte {
	if !r.IsValid() {
		return append(dst, "null"...)
	}
	if r.CanAddr() && r.Kind() != reflect.Pointer && r.Kind() != reflect.Interface && r.Addr().CanInterface() {
		// Methods of the pointer count for what is behind one, as in
		// encoding/json.
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
	// Through an interface its fields would no longer be addressable.
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
	// Channels, functions and unsafe pointers have nothing to say but their
	// type.
	return e.appendText(dst, r.Type().String(), lim)
}

// appendContainer appends what holds other values, unless it holds itself or
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
		if i > 0 {
			dst = append(dst, ',')
		}
		if len(dst) > maxSize {
			dst = append(dst, `"..."`...)
			break
		}
		dst = e.appendReflect(dst, r.Index(i), lim, depth+1)
	}
	return append(dst, ']')
}

func asAnyMap(r reflect.Value) (map[string]any, bool) {
	if !r.CanInterface() {
		return nil, false
	}
	m, ok := r.Interface().(map[string]any)
	return m, ok
}

// summary says what a container is where it lies too deep to be shown.
func summary(r reflect.Value) string {
	switch r.Kind() {
	case reflect.Map, reflect.Slice, reflect.Array:
		return r.Type().String() + " (" + strconv.Itoa(r.Len()) + " entries)"
	}
	return r.Type().String()
}

// SortedKeys appends the keys of m to dst in order, so that the same event is
// the same bytes.
func SortedKeys[M ~map[string]V, V any](dst []string, m M) []string {
	start := len(dst)
	for k := range m {
		dst = append(dst, k)
	}
	slices.Sort(dst[start:])
	return dst
}
