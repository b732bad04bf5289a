package raven

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// limits are how much of a value is sent; zero means all of it.
type limits struct {
	depth int // containers in containers
	items int // entries of a list, map or struct
	runes int // characters of a string
}

var (
	// tight is the reference's serialiser for extra, params and vars
	// (protocol 6.2).
	tight = limits{depth: 6, items: 50, runes: 400}
	// loose is for what the reference sends whole; the depth only keeps a
	// runaway value from exhausting the stack.
	loose = limits{depth: 32}
)

// maxEncoded is where containers end up as their types alone: a few small lists
// that hold each other many times over would fill any memory otherwise, and no
// server takes a larger event.
const maxEncoded = 1 << 20

// maxPath ends chains of pointers to pointers, whose depth is not counted.
const maxPath = 1000

// encoder is the working memory of one encoder: it belongs to a draft.
type encoder struct {
	inApp       *inAppRule
	rules       *rules // nil: everything is sent
	sourceLines int    // on either side of a frame's; 0 for no source

	cookies bool // what is encoded stands under the key of cookies

	path []visit  // the containers around the value, to find cycles
	keys []string // of the maps around the value, to sort them
	ents []entry  // the same for maps that are found by reflection

	gist gist // of the event that was encoded last
}

func (e *encoder) mask() *masker {
	if e.rules == nil {
		return nil
	}
	if e.cookies {
		return e.rules.mask.jar
	}
	return e.rules.mask
}

// tight are the limits for what the reference's serialiser shortens.
func (e *encoder) tight() limits {
	if e.rules == nil {
		return tight
	}
	return e.rules.tight
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

// appendMap appends a map with sorted keys.
func (e *encoder) appendMap(dst []byte, m map[string]any, lim limits) []byte {
	return e.appendAnyMap(dst, m, lim, 0)
}

func (e *encoder) appendAnyMap(dst []byte, m map[string]any, lim limits, depth int) []byte {
	start := len(e.keys)
	e.keys = sortedKeys(e.keys, m)
	keys := e.keys[start:]
	if depth > 0 && lim.items > 0 && len(keys) > lim.items {
		keys = keys[:lim.items]
	}
	dst = append(dst, '{')
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, firstRunes(k, lim.runes)), ':')
		if e.mask().secret(k) {
			dst = e.appendMasked(dst, reflect.ValueOf(m[k]), lim)
			continue
		}
		was := e.enter(k)
		dst = e.appendValue(dst, m[k], lim, depth)
		e.cookies = was
	}
	e.keys = e.keys[:start]
	return append(dst, '}')
}

// appendStringMap appends a map of strings with sorted keys, all of it. shown
// is what is sent of a value.
func (e *encoder) appendStringMap(dst []byte, m map[string]string, shown func(m *masker, key, value string) string) []byte {
	start := len(e.keys)
	e.keys = sortedKeys(e.keys, m)
	dst = append(dst, '{')
	for i, k := range e.keys[start:] {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, k), ':')
		dst = appendString(dst, shown(e.mask(), k, m[k]))
	}
	e.keys = e.keys[:start]
	return append(dst, '}')
}

func (e *encoder) appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, e.mask().name(s))
	}
	return append(dst, ']')
}

// appendValue appends a value of any type as JSON. The usual types come first
// and need no reflection. depth is how many containers are around v.
func (e *encoder) appendValue(dst []byte, v any, lim limits, depth int) []byte {
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
		return appendFloat(dst, v, 64)
	case []byte:
		return e.appendText(dst, string(v), lim)
	case time.Time:
		return appendString(dst, v.Format(time.RFC3339Nano))
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
func (e *encoder) appendReflect(dst []byte, r reflect.Value, lim limits, depth int) []byte {
	if !r.IsValid() {
		return append(dst, "null"...)
	}
	if r.CanAddr() && r.Kind() != reflect.Pointer && r.Kind() != reflect.Interface && r.Addr().CanInterface() {
		// Methods of the pointer count for what is behind one, as in encoding/json.
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
		return e.appendValue(dst, r.Interface(), lim, depth)
	}
	// Through an interface its fields would no longer be addressable.
	if text, kind := e.describe(r.Interface(), r); kind != byKind {
		return e.appendDescribed(dst, text, kind, lim)
	}
	return e.appendByKind(dst, r, lim, depth)
}

func (e *encoder) appendByKind(dst []byte, r reflect.Value, lim limits, depth int) []byte {
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
		return appendFloat(dst, r.Float(), 32)
	case reflect.Float64:
		return appendFloat(dst, r.Float(), 64)
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
	// Channels, functions and unsafe pointers have nothing to say but their type.
	return e.appendText(dst, r.Type().String(), lim)
}

// appendContainer appends what holds other values, unless it holds itself or
// lies too deep.
func (e *encoder) appendContainer(dst []byte, r reflect.Value, lim limits, depth int) []byte {
	kind := r.Kind()
	if kind != reflect.Interface && kind != reflect.Pointer && (depth >= lim.depth || len(dst) > maxEncoded) || len(e.path) > maxPath {
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
	if lim.items > 0 {
		n = min(n, lim.items)
	}
	dst = append(dst, '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		if len(dst) > maxEncoded {
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

// appendFloat appends a number, or its name for those that JSON has no number
// for: NaN, +Inf and -Inf.
func appendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return appendString(dst, strconv.FormatFloat(f, 'g', -1, bits))
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, bits)
}
