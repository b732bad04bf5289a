package errchain

import (
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/program"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// Type describes the type of an error or another value. It never changes.
type Type struct {
	// Name is the name in events, Module the package.
	Name, Module string
	// GoType is the Go type, if Name is not.
	GoType string
	// Anonymous types say nothing about what went wrong.
	Anonymous bool
	// Pointer types point to memory, which identifies the error.
	Pointer bool

	comparable bool
	stack      func(reflect.Value) reflect.Value // returns a value's stack, or nil
}

var types sync.Map // of reflect.Type to *Type

// TypeOf returns the type of a value that is not nil.
func TypeOf(v any) *Type {
	t := reflect.TypeOf(v)
	if known, ok := types.Load(t); ok {
		return known.(*Type)
	}
	named := t
	if t.Kind() == reflect.Pointer {
		named = t.Elem()
	}
	e := &Type{
		Name:       t.String(),
		Module:     named.PkgPath(),
		Anonymous:  anonymous(named),
		comparable: t.Comparable(),
		Pointer:    t.Kind() == reflect.Pointer && t.Elem().Size() > 0,
		stack:      stackIn(t),
	}
	if _, fault := v.(runtime.Error); fault && e.Module == "runtime" && !exported(named.Name()) {
		e.Name, e.GoType = "runtime.Error", e.Name
	}
	known, _ := types.LoadOrStore(t, e)
	return known.(*Type)
}

// carrying are the elements of import paths of packages whose types only carry
// a text, a stack or other errors.
var carrying = []string{"errors", "xerrors", "eris", "multierr", "multierror"}

// anonymous reports whether a type says nothing about what went wrong: it has
// no name, or an errors package uses it for every text. Types of the program
// always say something.
func anonymous(t reflect.Type) bool {
	pkg, name := t.PkgPath(), t.Name()
	switch {
	case pkg == "":
		return true
	case program.Owns(pkg), exported(name) && name != "Error":
		return false
	case pkg == "fmt":
		return true
	}
	return slices.ContainsFunc(strings.Split(pkg, "/"), func(element string) bool { return slices.Contains(carrying, element) })
}

func exported(name string) bool { return name != "" && name[0] >= 'A' && name[0] <= 'Z' }

// stackMethods are tried in this order. Their names are constants at the calls;
// otherwise the linker would keep all methods of the program.
var stackMethods = []struct {
	find func(reflect.Type) (reflect.Method, bool)
	of   func(reflect.Value) reflect.Value
}{
	{
		func(t reflect.Type) (reflect.Method, bool) { return t.MethodByName("StackTrace") },
		func(v reflect.Value) reflect.Value { return v.MethodByName("StackTrace").Call(nil)[0] },
	},
	{
		func(t reflect.Type) (reflect.Method, bool) { return t.MethodByName("Callers") },
		func(v reflect.Value) reflect.Value { return v.MethodByName("Callers").Call(nil)[0] },
	},
	{
		func(t reflect.Type) (reflect.Method, bool) { return t.MethodByName("StackFrames") },
		func(v reflect.Value) reflect.Value { return v.MethodByName("StackFrames").Call(nil)[0] },
	},
}

// stackIn returns a function that gets the program counters of an error, nil if
// the type carries none.
func stackIn(t reflect.Type) func(reflect.Value) reflect.Value {
	for _, method := range stackMethods {
		if m, ok := method.find(t); ok && givesStack(m.Type) {
			return method.of
		}
	}
	return frameField(t)
}

// givesStack reports whether a method without arguments returns program
// counters: a slice of a type of kind uintptr, or of structs with such a field
// ProgramCounter or PC. That covers the common errors packages without
// importing them.
func givesStack(method reflect.Type) bool {
	if method.NumIn() != 1 || method.NumOut() != 1 || method.Out(0).Kind() != reflect.Slice {
		return false
	}
	elem := method.Out(0).Elem()
	return elem.Kind() == reflect.Uintptr || pcField(elem) != nil
}

func pcField(t reflect.Type) []int {
	if t.Kind() != reflect.Struct {
		return nil
	}
	for _, name := range []string{"ProgramCounter", "PC"} {
		if f, ok := t.FieldByName(name); ok && f.IsExported() && f.Type.Kind() == reflect.Uintptr {
			return f.Index
		}
	}
	return nil
}

// frameField is for xerrors, which has no method: its errors have a field frame
// with an array frames, whose first counter is in xerrors itself.
func frameField(t reflect.Type) func(reflect.Value) reflect.Value {
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return nil
	}
	outer, ok := t.Elem().FieldByName("frame")
	if !ok || outer.Type.Kind() != reflect.Struct {
		return nil
	}
	inner, ok := outer.Type.FieldByName("frames")
	if !ok || inner.Type.Kind() != reflect.Array || inner.Type.Len() < 2 || inner.Type.Elem().Kind() != reflect.Uintptr {
		return nil
	}
	return func(v reflect.Value) reflect.Value {
		frames := v.Elem().FieldByIndex(outer.Index).FieldByIndex(inner.Index)
		list := make([]uintptr, frames.Len()-1)
		for i := range list {
			list[i] = uintptr(frames.Index(i + 1).Uint())
		}
		return reflect.ValueOf(list)
	}
}

// stackOf returns the stack that an error of the type carries, or nil.
func (t *Type) stackOf(err error, a *stack.Arena) (own stack.Stack) {
	if t.stack == nil {
		return nil
	}
	guard.Do(func() {
		found := t.stack(reflect.ValueOf(err))
		field := pcField(found.Type().Elem())
		pcs := make([]uintptr, min(found.Len(), stack.MaxFrames))
		for i := range pcs {
			v := found.Index(i)
			if field != nil {
				v = v.FieldByIndex(field)
			}
			pcs[i] = uintptr(v.Uint())
		}
		own = a.Of(pcs)
	})
	return own
}
