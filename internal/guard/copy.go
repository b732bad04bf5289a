package guard

import (
	"reflect"
	"sync"
)

// maxCopied is the depth of a copy. Deeper values are shared; nothing is
// encoded that deep.
const maxCopied = 1000

// Copier copies the maps and slices in values: those in other maps and slices,
// in arrays and in the exported fields of structs, but not those behind
// pointers. A map or slice that occurs twice is copied once, so the copy has
// the same cycles and takes no more memory than the original. The zero value is
// ready to use.
type Copier struct {
	seen map[place]reflect.Value
}

type place struct {
	address uintptr
	length  int
	typ     reflect.Type
}

// Copy returns a copy of v.
func Copy[T any](c *Copier, v T) T {
	r := reflect.ValueOf(&v).Elem()
	if r.IsZero() {
		return v
	}
	out, _ := c.value(r, 0).Interface().(T)
	return out
}

func (c *Copier) value(r reflect.Value, depth int) reflect.Value {
	if depth++; depth > maxCopied || !r.IsValid() || !holds(r.Type()) {
		return r
	}
	switch r.Kind() {
	case reflect.Interface:
		if r.IsNil() {
			return r
		}
		return c.value(r.Elem(), depth)
	case reflect.Struct, reflect.Array:
		out := reflect.New(r.Type()).Elem()
		out.Set(r)
		c.parts(out, depth)
		return out
	}
	if r.IsNil() {
		return r
	}
	at := place{address: r.Pointer(), typ: r.Type()}
	if r.Kind() == reflect.Slice {
		at.length = r.Len()
	}
	if made, ok := c.seen[at]; ok {
		return made
	}
	if c.seen == nil {
		c.seen = make(map[place]reflect.Value)
	}
	if r.Kind() == reflect.Map {
		out := reflect.MakeMapWithSize(r.Type(), r.Len())
		c.seen[at] = out
		for iter := r.MapRange(); iter.Next(); {
			out.SetMapIndex(iter.Key(), c.value(iter.Value(), depth))
		}
		return out
	}
	out := reflect.MakeSlice(r.Type(), r.Len(), r.Len())
	c.seen[at] = out
	reflect.Copy(out, r)
	if holds(r.Type().Elem()) {
		for i := range r.Len() {
			c.replace(out.Index(i), depth)
		}
	}
	return out
}

// parts copies the values in a struct or array that is a copy already.
func (c *Copier) parts(r reflect.Value, depth int) {
	if r.Kind() == reflect.Array {
		for i := range r.Len() {
			c.replace(r.Index(i), depth)
		}
		return
	}
	for i := range r.NumField() {
		switch f := r.Field(i); {
		case f.CanSet():
			c.replace(f, depth)
		case f.Kind() == reflect.Struct && r.Type().Field(i).Anonymous:
			c.parts(f, depth) // the exported fields of an embedded struct
		}
	}
}

func (c *Copier) replace(r reflect.Value, depth int) {
	if holds(r.Type()) {
		r.Set(c.value(r, depth))
	}
}

var holding sync.Map // of reflect.Type to bool

// holds reports whether values of a type may have maps or slices that must be
// copied.
func holds(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Map, reflect.Slice, reflect.Interface:
		return true
	case reflect.Array:
		return holds(t.Elem())
	case reflect.Struct:
	default:
		return false
	}
	if known, ok := holding.Load(t); ok {
		return known.(bool)
	}
	found := false
	for i := range t.NumField() {
		f := t.Field(i)
		if (f.IsExported() || f.Anonymous && f.Type.Kind() == reflect.Struct) && holds(f.Type) {
			found = true
			break
		}
	}
	holding.Store(t, found)
	return found
}
