package raven

import "github.com/ravenkit/ravenkit/raven/internal/stack"

// Exception is one error of a chain.
type Exception struct {
	// Type is the error's Go type, such as *fs.PathError. If that says nothing,
	// as for errors of [errors.New], it is the type of the wrapped error, or
	// the function that the error comes from, such as shop.checkout; the Go
	// type is then in the mechanism.
	Type string
	// Value is the error's text. It is shortened only if the event would
	// otherwise be too large.
	Value string
	// Module is the import path of the package of the type or function.
	Module string
	// ThreadID is the ID of one of the event's Threads; 0 for none.
	ThreadID int64
	// Stacktrace is where the error was made or captured; it may be nil.
	Stacktrace *Stacktrace
	// Mechanism says how the error was captured and where it is in its chain;
	// it may be nil.
	Mechanism *Mechanism
}

// Mechanism says how an exception was captured and how it relates to the
// others.
type Mechanism struct {
	// Type is required by Sentry; empty is sent as "generic".
	Type string
	// Description and HelpLink are for people.
	Description, HelpLink string
	// Handled is false for crashes. Nil: unknown.
	Handled *bool
	// Synthetic marks a type that only carries a stack trace.
	Synthetic bool
	// Source is the error's place in its parent, such as errors[0].
	Source string
	// ExceptionID numbers the exceptions from the end of the list: the last
	// one, the root, is 0. ParentID is the ExceptionID of the error that wraps
	// this one; the root has none. They are sent if one of the event's
	// exceptions has an ExceptionID other than 0.
	ExceptionID, ParentID int
	// IsExceptionGroup marks an error that holds several, as [errors.Join]'s.
	IsExceptionGroup bool
	// GoType is the error's Go type if the exception's Type is not. It is sent
	// in the data, as go_type.
	GoType string
	// Data is any further data.
	Data map[string]any
}

// Stacktrace is a list of frames, the oldest call first.
type Stacktrace struct {
	Frames []Frame

	found []*stack.Call // found by the client, the innermost call first
	known []*stack.Call // instead of found: the sources of Frames, the outermost call first
}

// knownFrame returns the source of the i-th of Frames; nil if the frame was
// changed or is the caller's.
func (s *Stacktrace) knownFrame(i int) *stack.Call {
	if len(s.known) != len(s.Frames) {
		return nil
	}
	f, r := &s.Frames[i], s.known[i]
	if f.Function == r.Function && f.Module == r.Module && f.Filename == r.Filename && f.AbsPath == r.AbsPath && f.Lineno == r.Lineno {
		return r
	}
	return nil
}

func (s *Stacktrace) empty() bool { return s == nil || len(s.Frames) == 0 && len(s.found) == 0 }

// Frame is one call on a stack.
type Frame struct {
	// Function is the name within its package: main, (*Server).Serve,
	// run.func1.
	Function string
	// Module is the import path of the package.
	Module string
	// Filename is the import path and the name of the file, the same on every
	// machine that builds the program.
	Filename string
	// AbsPath is the file as the compiler saw it.
	AbsPath string
	// Lineno is the line, from 1.
	Lineno int
	// InApp is true for the program's own code.
	InApp bool
	// PreContext, ContextLine and PostContext are the source around Lineno.
	PreContext  []string
	ContextLine string
	PostContext []string
	// Vars are local variables by name.
	Vars map[string]any
}

// plain is the frame without source and variables.
func (f *Frame) plain() stack.Frame {
	return stack.Frame{Function: f.Function, Module: f.Module, Filename: f.Filename, AbsPath: f.AbsPath, Lineno: f.Lineno, InApp: f.InApp}
}

// frameOf is a frame without source and variables.
func frameOf(f *stack.Frame) Frame {
	return Frame{Function: f.Function, Module: f.Module, Filename: f.Filename, AbsPath: f.AbsPath, Lineno: f.Lineno, InApp: f.InApp}
}

// Thread is one goroutine of an event with several.
type Thread struct {
	// ID is the goroutine's number.
	ID int64
	// Name is for people.
	Name string
	// State is the goroutine's state, such as chan receive.
	State string
	// Crashed marks the goroutine that ended the program, Current the one that
	// the event is about.
	Crashed, Current bool
	// Stacktrace is its stack; nil if the exception with this ThreadID has it.
	Stacktrace *Stacktrace
}
