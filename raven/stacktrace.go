package raven

import (
	"reflect"
	"runtime"
	"strings"
	"sync"
)

// maxFrames is how much of a stack is kept, from the innermost call outwards.
// Sentry shows 50 frames with everything and cuts at about 250.
const maxFrames = 128

// packagePath is this package's; its frames are not the program's.
const packagePath = "github.com/ravenkit/ravenkit/raven"

// callers records the stack of the goroutine, without the client's own frames,
// or that which the capture was given.
func (d *draft) callers() *Stacktrace {
	if d.counters != nil {
		return d.stacktrace(d.counters)
	}
	n := runtime.Callers(3, d.pcs[:])
	return d.stacktrace(d.pcs[:n])
}

// stacktrace turns return addresses, the innermost call first as
// [runtime.Callers] gives them, into a trace. It is nil if nothing is left.
func (d *draft) stacktrace(pcs []uintptr) *Stacktrace {
	start := len(d.found)
	for _, pc := range pcs {
		for r := resolve(pc); r != nil && len(d.found)-start < 2*maxFrames; r = r.outer {
			if len(d.found) > start || !r.own {
				d.found = append(d.found, r)
			}
		}
	}
	for len(d.found) > start && d.found[len(d.found)-1].bottom {
		d.found = d.found[:len(d.found)-1]
	}
	if len(d.found) == start {
		return nil
	}
	d.traces = append(d.traces, Stacktrace{found: d.found[start:len(d.found):len(d.found)]})
	return &d.traces[len(d.traces)-1]
}

// panicCallers records the stack of the panic that a deferred function has
// just recovered: what stands above runtime.gopanic is the recovering, and the
// runtime's own functions below it are how a fault became a panic.
func (d *draft) panicCallers() *Stacktrace {
	if d.counters != nil {
		return d.stacktrace(d.counters)
	}
	pcs := d.pcs[:runtime.Callers(3, d.pcs[:])]
	for i, pc := range pcs {
		if r := resolve(pc); r == nil || r.Module != "runtime" || r.Function != "gopanic" {
			continue
		}
		rest := pcs[i+1:]
		for len(rest) > 1 {
			if r := resolve(rest[0]); r != nil && r.Module != "runtime" && !below(r.Module, "internal/runtime") {
				break
			}
			rest = rest[1:]
		}
		return d.stacktrace(rest)
	}
	return d.stacktrace(pcs)
}

// errorType is what the client needs to know of an error's type, found once.
type errorType struct {
	name, module string
	comparable   bool
	stack        func(reflect.Value) reflect.Value // the method that returns the stack, or nil
}

var errorTypes sync.Map // of reflect.Type to *errorType

// stackMethods are asked in this order. Their names are constants at the calls
// so that the linker can go on dropping the methods that nothing uses.
var stackMethods = []struct {
	find func(reflect.Type) (reflect.Method, bool)
	of   func(reflect.Value) reflect.Value
}{
	{
		func(t reflect.Type) (reflect.Method, bool) { return t.MethodByName("StackTrace") },
		func(v reflect.Value) reflect.Value { return v.MethodByName("StackTrace") },
	},
	{
		func(t reflect.Type) (reflect.Method, bool) { return t.MethodByName("Callers") },
		func(v reflect.Value) reflect.Value { return v.MethodByName("Callers") },
	},
	{
		func(t reflect.Type) (reflect.Method, bool) { return t.MethodByName("StackFrames") },
		func(v reflect.Value) reflect.Value { return v.MethodByName("StackFrames") },
	},
}

func typeOf(v any) *errorType {
	t := reflect.TypeOf(v)
	if known, ok := errorTypes.Load(t); ok {
		return known.(*errorType)
	}
	e := &errorType{name: t.String(), module: t.PkgPath(), comparable: t.Comparable()}
	if t.Kind() == reflect.Pointer {
		e.module = t.Elem().PkgPath()
	}
	for _, method := range stackMethods {
		if m, ok := method.find(t); ok && givesStack(m.Type) {
			e.stack = method.of
			break
		}
	}
	known, _ := errorTypes.LoadOrStore(t, e)
	return known.(*errorType)
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
	return elem.Kind() == reflect.Uintptr || counterField(elem) != nil
}

func counterField(t reflect.Type) []int {
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

// ownStack returns the stack that an error carries, or nil.
func (d *draft) ownStack(err error, t *errorType) (trace *Stacktrace) {
	if t.stack == nil {
		return nil
	}
	defer func() {
		if recover() != nil {
			trace = nil
		}
	}()
	found := t.stack(reflect.ValueOf(err)).Call(nil)[0]
	field := counterField(found.Type().Elem())
	pcs := make([]uintptr, min(found.Len(), maxFrames))
	for i := range pcs {
		v := found.Index(i)
		if field != nil {
			v = v.FieldByIndex(field)
		}
		pcs[i] = uintptr(v.Uint())
	}
	return d.stacktrace(pcs)
}

// functionName splits what the runtime calls a function into the import path
// of its package and its name in there: a/b.(*T[...]).M is a/b and (*T).M.
func functionName(full string) (module, name string) {
	slash := strings.LastIndexByte(full, '/')
	if generic := strings.IndexByte(full, '['); generic >= 0 && generic < slash {
		slash = strings.LastIndexByte(full[:generic], '/')
	}
	dot := strings.IndexByte(full[slash+1:], '.')
	if dot < 0 {
		return "", full
	}
	module, name = full[:slash+1+dot], full[slash+dot+2:]
	// The linker escapes dots in the last element of a path.
	module = strings.ReplaceAll(module, "%2e", ".")
	for {
		open := strings.IndexByte(name, '[')
		if open < 0 {
			return module, name
		}
		end, depth := len(name), 0
		for i := open; i < len(name); i++ {
			if name[i] == '[' {
				depth++
			} else if name[i] == ']' {
				if depth--; depth == 0 {
					end = i + 1
					break
				}
			}
		}
		name = name[:open] + name[end:]
	}
}
