// Package stack resolves program counters to functions, files, lines and
// source, and decides which functions are the program's own. Results are kept
// for the life of the process.
//
// It must not know events, clients or errors.
package stack

import (
	"path"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/program"
)

// Frame is one call on a stack.
type Frame struct {
	// Function is the name within its package: main, (*Server).Serve,
	// run.func1.
	Function string
	// Module is the import path of the package.
	Module string
	// Filename is the import path and the name of the file.
	Filename string
	// AbsPath is the file as the compiler saw it.
	AbsPath string
	Lineno  int
	InApp   bool
}

// AppendJSON appends the frame without in_app, and without the closing brace.
func (f *Frame) AppendJSON(dst []byte) []byte {
	dst = jsontext.AppendString(append(dst, `{"function":`...), f.Function)
	dst = jsontext.AppendStringField(dst, `,"module":`, f.Module)
	dst = jsontext.AppendStringField(dst, `,"filename":`, f.Filename)
	dst = jsontext.AppendStringField(dst, `,"abs_path":`, f.AbsPath)
	if f.Lineno > 0 {
		dst = strconv.AppendInt(append(dst, `,"lineno":`...), int64(f.Lineno), 10)
	}
	return dst
}

// OfRuntime reports whether a frame belongs to the runtime.
func (f *Frame) OfRuntime() bool {
	return f.Module == "runtime" || program.Below(f.Module, "internal/runtime") || program.Below(f.Module, "runtime/internal")
}

// Call is the call of a program counter. It never changes, apart from its
// source, which is read when it is first needed. It is never freed.
type Call struct {
	Frame
	// JSON is the result of AppendJSON.
	JSON []byte
	// Place is the function with its package's name.
	Place string
	// Own marks calls in package raven and below.
	Own bool

	bottom bool  // the start of a goroutine
	outer  *Call // the call that this one was inlined into

	excerpt atomic.Pointer[excerpt] // nil until needed; see Source

	pc   uintptr
	next *Call // in the same bucket
}

// client is the path of this client's packages.
const client = "github.com/ravenkit/ravenkit/raven"

// frameCache holds every resolved program counter. A program has a limited
// number of calls, so nothing is evicted. Entries are only added at the front
// of their bucket, so readers need no lock.
var frameCache [4096]atomic.Pointer[Call]

// Resolve returns the call of a return address, nil for none.
func Resolve(pc uintptr) *Call {
	bucket := &frameCache[uint64(pc)*0x9E3779B97F4A7C15>>52]
	var made *Call
	for {
		first := bucket.Load()
		for r := first; r != nil; r = r.next {
			if r.pc == pc {
				return r
			}
		}
		if made == nil {
			if made = lookUp(pc); made == nil {
				return nil
			}
		}
		made.next = first
		if bucket.CompareAndSwap(first, made) {
			return made
		}
	}
}

func lookUp(pc uintptr) *Call {
	var first, last *Call
	frames := runtime.CallersFrames([]uintptr{pc})
	for {
		f, more := frames.Next()
		if f.Function != "" || f.File != "" {
			r := newCall(f)
			r.pc = pc
			if first == nil {
				first = r
			} else {
				last.outer = r
			}
			last = r
		}
		if !more {
			return first
		}
	}
}

func newCall(f runtime.Frame) *Call {
	module, function := SplitName(f.Function)
	if function == "" {
		function = "<unknown>"
	}
	file := strings.ReplaceAll(f.File, `\`, "/")
	r := &Call{Frame: Frame{
		Function: function,
		Module:   module,
		Filename: path.Join(module, path.Base(file)),
		AbsPath:  f.File,
		Lineno:   f.Line,
	}}
	r.Place = Place(module, function)
	r.Own = program.Below(module, client) && !strings.HasSuffix(module, "_test")
	r.InApp = !r.Own && program.Owns(module)
	r.bottom = f.Function == "runtime.goexit" || f.Function == "runtime.main"
	r.JSON = r.AppendJSON(nil)
	return r
}
