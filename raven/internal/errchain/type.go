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

// Type is what there is to know of the type of an error, or of another value,
// found once. It never changes.
type Type struct {
	// Name is what people call it, Module the package that declares it.
	Name, Module string
	// GoType is what Go calls it, if Name is something else.
	GoType string
	// Anonymous types say nothing about what went wrong.
	Anonymous bool
	// Pointer marks pointers to memory of their own, which say which error it
	// is.
	Pointer bool

	comparable bool
	stack      func(reflect.Value) reflect.Value // the stack that a value carries, or nil
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

// carrying are the names of packages whose types only carry a text, a stack or
// other errors. They count wherever they stand in an import path.
var carrying = []string{"errors", "xerrors", "eris", "multierr", "multierror"}

// anonymous reports whether a type tells nothing about what went wrong: it has
// no name, or it is what the errors packages make of every text. Types of the
// program itself always tell something.
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

// stackMethods are asked in this order. Their names are constants at the calls
// so that the linker can go on dropping the methods that nothing uses.
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

// stackIn returns the way from an error to the program counters that it
// carries, nil if it carries none.
func stackIn(t reflect.Type) func(reflect.Value) reflect.Value {
	for _, method := range stackMethods {
		if m, ok := method.find(t); ok && givesStack(m.Type) {
			return method.of
		}
	}
	return frameField(t)
}

// givesStack reports whether a method takes nothing and returns program
// counters: a slice of integers of the kind uintptr, whatever their type is
// called, or of structs that have one in a field ProgramCounter or PC. That
// covers the errors packages that people use, without importing any of them.
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

// frameField finds what xerrors has in place of a method: a field frame with
// an array frames, whose first counter is of xerrors itself.
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
