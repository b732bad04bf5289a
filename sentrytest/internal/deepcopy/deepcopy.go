// Package deepcopy copies Go values with everything that they refer to, so that
// a field that is added to a type cannot be forgotten.
//
// It must know nothing of the types that it copies.
package deepcopy

import (
	"maps"
	"net/http"
	"reflect"
	"sync"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// Of returns a copy that shares nothing which can be modified. Of structs it
// follows exported fields only; the others, such as those of a time.Time, are
// copied as they are. In an interface it follows JSON values only; a pointer or
// a struct of the program is shared. The value must not contain itself outside
// of interfaces.
func Of[T any](v T) T {
	deepen(reflect.ValueOf(&v).Elem())
	return v
}

// deepen replaces what an addressable value refers to by copies.
func deepen(v reflect.Value) {
	kind := v.Kind()
	if kind == reflect.Struct {
		for _, i := range fieldsOf(v.Type()) {
			deepen(v.Field(i))
		}
		return
	}
	if !refers(v.Type()) || v.IsNil() {
		return
	}
	switch kind {
	case reflect.Pointer:
		v.Set(deepened(v.Elem()).Addr())
	case reflect.Interface:
		v.Set(reflect.ValueOf(jsontree.CloneValue(v.Interface())))
	case reflect.Slice:
		copied := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(copied, v)
		for i := 0; i < v.Len() && refers(v.Type().Elem()); i++ {
			deepen(copied.Index(i))
		}
		v.Set(copied)
	case reflect.Map:
		deepenMap(v)
	}
}

func deepenMap(v reflect.Value) {
	switch p := v.Addr().Interface().(type) { // the first three are faster than reflection
	case *map[string]any:
		*p = jsontree.CloneMap(*p)
	case *map[string]string:
		*p = maps.Clone(*p)
	case *http.Header:
		*p = p.Clone()
	default:
		copied := reflect.MakeMapWithSize(v.Type(), v.Len())
		for entry := v.MapRange(); entry.Next(); {
			copied.SetMapIndex(entry.Key(), deepened(entry.Value()))
		}
		v.Set(copied)
	}
}

// deepened returns an addressable copy of a value.
func deepened(v reflect.Value) reflect.Value {
	copied := reflect.New(v.Type()).Elem()
	copied.Set(v)
	deepen(copied)
	return copied
}

// refers reports whether values of a type can refer to anything that Of copies.
func refers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return true
	case reflect.Struct:
		return len(fieldsOf(t)) > 0
	}
	return false
}

// fields has the result of fieldsOf by type.
var fields sync.Map

// fieldsOf returns the indexes of the fields to follow.
func fieldsOf(t reflect.Type) []int {
	if known, ok := fields.Load(t); ok {
		return known.([]int)
	}
	var follow []int
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && refers(f.Type) {
			follow = append(follow, i)
		}
	}
	fields.Store(t, follow)
	return follow
}
