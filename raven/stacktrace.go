package raven

import "github.com/ravenkit/ravenkit/raven/internal/stack"

// Exception is one error of a chain (protocol 5.2).
type Exception struct {
	// Type is the error's Go type, such as *fs.PathError. Where that tells
	// nothing, as with errors of [errors.New], it is the type of the error that
	// is wrapped, or the function that the error comes from, such as
	// shop.checkout; the Go type is then in the mechanism.
	Type string
	// Value is its text. It is shortened only where nothing else is left that
	// would make the event small enough for Sentry.
	Value string
	// Module is the import path of the package that declares the type or the
	// function.
	Module string
	// ThreadID is the ID of the one of the event's Threads that it happened in;
	// 0 for none.
	ThreadID int64
	// Stacktrace is where the error was made or captured; it may be nil.
	Stacktrace *Stacktrace
	// Mechanism says how the error came to be captured and where it stands in
	// its chain; it may be nil.
	Mechanism *Mechanism
}

// Mechanism says how an exception was captured and how it hangs together with
// the others (protocol 5.2).
type Mechanism struct {
	// Type is required by the protocol; empty is sent as "generic".
	Type string
	// Description and HelpLink are for people.
	Description, HelpLink string
	// Handled is false for crashes. Nil: not known.
	Handled *bool
	// Synthetic marks a type that was made up to carry a stack trace.
	Synthetic bool
	// Source is how the parent holds this error, such as errors[0].
	Source string
	// ExceptionID numbers the exceptions from the end of the list: the last
	// one, the root, is 0. ParentID is the ExceptionID of the error that holds
	// this one; the root has none. Both are sent for an event whose exceptions
	// are numbered, which shows by an ExceptionID other than 0.
	ExceptionID, ParentID int
	// IsExceptionGroup marks an error that holds several, as [errors.Join]'s.
	IsExceptionGroup bool
	// GoType is the error's Go type where Type of the exception is something
	// else. It is sent in the data, as go_type.
	GoType string
	// Data is anything else.
	Data map[string]any
}

// Stacktrace is a list of frames, the oldest call first (protocol 5.2).
type Stacktrace struct {
	Frames []Frame

	found []*stack.Call // what the client found itself, the innermost call first
	known []*stack.Call // in place of found: what Frames were made of, the outermost call first
}

// knownFrame returns what the i-th of Frames was made of and still says, nil if
// it was changed or is the caller's own.
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

// Frame is one call on a stack (protocol 5.2).
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
	// InApp tells the program's own code from libraries.
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

// Thread is one goroutine of an event that shows several (protocol 5.2).
type Thread struct {
	// ID is the goroutine's number.
	ID int64
	// Name is for people.
	Name string
	// State is what it was doing, such as chan receive.
	State string
	// Crashed marks the one that ended the program, Current the one that the
	// event is about.
	Crashed, Current bool
	// Stacktrace is where it was; nil if it is that of the exception whose
	// ThreadID is the ID.
	Stacktrace *Stacktrace
}
