package raven

import (
	"path"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
)

// resolved is what a program counter stands for: the frame, and the frame as
// JSON up to in_app, which is a client's to decide. But for the excerpt, which is
// read when it is first wanted, it never changes.
type resolved struct {
	Frame
	json   []byte
	place  string    // the function, with its package's name
	own    bool      // of this package or one below it
	bottom bool      // how every goroutine starts; says nothing
	outer  *resolved // the frame that this one was inlined into by foreign code

	excerpt atomic.Pointer[excerpt] // nil until it is wanted; see source

	pc   uintptr
	next *resolved // in the same bucket
}

// frameCache holds every program counter that was ever resolved. There are no
// more of them than a program has calls, so nothing is evicted; and since
// entries are only added, in front of their bucket, readers need no lock.
var frameCache [4096]atomic.Pointer[resolved]

// resolve returns the frame of a return address, nil for none.
func resolve(pc uintptr) *resolved {
	bucket := &frameCache[uint64(pc)*0x9E3779B97F4A7C15>>52]
	first := bucket.Load()
	for r := first; r != nil; r = r.next {
		if r.pc == pc {
			return r
		}
	}
	made := lookUp(pc)
	if made == nil {
		return nil
	}
	for {
		made.next = first
		if bucket.CompareAndSwap(first, made) {
			return made
		}
		// Another goroutine was faster; it may even have added the same.
		first = bucket.Load()
		for r := first; r != nil; r = r.next {
			if r.pc == pc {
				return r
			}
		}
	}
}

func lookUp(pc uintptr) *resolved {
	var first, last *resolved
	frames := runtime.CallersFrames([]uintptr{pc})
	for {
		f, more := frames.Next()
		if f.Function != "" || f.File != "" {
			r := newResolved(f)
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

func newResolved(f runtime.Frame) *resolved {
	module, function := functionName(f.Function)
	if function == "" {
		function = "<unknown>"
	}
	file := strings.ReplaceAll(f.File, `\`, "/")
	r := &resolved{Frame: Frame{
		Function: function,
		Module:   module,
		Filename: path.Join(module, path.Base(file)),
		AbsPath:  f.File,
		Lineno:   f.Line,
	}}
	r.place = place(module, function)
	r.own = below(module, packagePath) && !strings.HasSuffix(module, "_test")
	r.InApp = !r.own && isMainModule(module)
	r.bottom = f.Function == "runtime.goexit" || f.Function == "runtime.main"
	r.json = appendPlainFrame(nil, &r.Frame)
	return r
}

// appendPlainFrame appends a frame without in_app, source and variables, and
// without the closing brace.
func appendPlainFrame(dst []byte, f *Frame) []byte {
	dst = append(dst, `{"function":`...)
	dst = jsontext.AppendString(dst, f.Function)
	dst = jsontext.AppendStringField(dst, `,"module":`, f.Module)
	dst = jsontext.AppendStringField(dst, `,"filename":`, f.Filename)
	dst = jsontext.AppendStringField(dst, `,"abs_path":`, f.AbsPath)
	if f.Lineno > 0 {
		dst = append(dst, `,"lineno":`...)
		dst = strconv.AppendInt(dst, int64(f.Lineno), 10)
	}
	return dst
}

// appendFrameRest appends what appendPlainFrame leaves out; whole says whether
// with the source around the frame's line and its variables.
func (e *encoder) appendFrameRest(dst []byte, f *Frame, whole bool) []byte {
	dst = e.appendContext(dst, f.PreContext, f.ContextLine, f.PostContext, whole)
	if whole && len(f.Vars) > 0 && (e.rules == nil || !e.rules.noLocals) {
		dst = e.AppendMap(append(dst, `,"vars":`...), f.Vars, e.tight())
	}
	return appendInApp(dst, f.InApp)
}

// appendFound appends a frame that the client found itself, with its source if
// it is the program's own.
func (e *encoder) appendFound(dst []byte, r *resolved, source bool) []byte {
	dst = append(dst, r.json...)
	inApp := e.isInApp(&r.Frame)
	if inApp && source {
		dst = e.appendSource(dst, r)
	}
	return appendInApp(dst, inApp)
}

func (e *encoder) isInApp(f *Frame) bool {
	if e.inApp == nil {
		return f.InApp
	}
	return e.inApp.decide(f.Module, f.InApp)
}

func appendInApp(dst []byte, inApp bool) []byte {
	if inApp {
		return append(dst, `,"in_app":true}`...)
	}
	return append(dst, `,"in_app":false}`...)
}
