package raven

import (
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// Event is one report (protocol 5.1). Every field may be left at its zero
// value: [Client.Capture] fills in what it knows, and what is still empty is
// not sent.
//
// A capture neither changes nor keeps an event, nor the maps and slices in it;
// the caller may use them again once the capture has returned. An Event holds
// no locks: whoever changes one while it is being captured has a data race.
type Event struct {
	// EventID is a UUID, with or without dashes. Empty: a random one.
	EventID string
	// Timestamp is when it happened. Zero: now.
	Timestamp time.Time
	// Level is how bad it is. Empty: [LevelError].
	Level Level
	// Logger names the part of the program that reports.
	Logger string
	// Platform is the language of the program. Empty: "go".
	Platform string
	// ServerName is the machine. Empty: the client's.
	ServerName string
	// Release is the version of the program. Empty: the client's.
	Release string
	// Environment is "production", "staging" and so on. Empty: the client's.
	Environment string
	// Dist tells builds of one release apart.
	Dist string
	// Culprit names the place in the code. It displaces Transaction: an event
	// carries one of the two, as in the reference.
	Culprit string
	// Transaction names what the program was doing, such as a route.
	Transaction string
	// Message is the text, or the fmt template of the text where Params are set.
	Message string
	// Params are the values that Message is formatted with.
	Params Params
	// Exceptions are the errors, the oldest first: the one that was captured is
	// the last (protocol 5.2).
	Exceptions []Exception
	// Stacktrace is where the event happened, for events without exceptions.
	Stacktrace *Stacktrace
	// Threads are the goroutines of an event that shows several.
	Threads []Thread
	// Breadcrumbs are what led there, the oldest first. Nil: the client's.
	Breadcrumbs []Breadcrumb
	// Tags are indexed by Sentry. They are merged over the client's, key by key.
	Tags Tags
	// Extra is any further data. It is merged over the client's, key by key.
	Extra Extra
	// Contexts are structured data by name. The runtime and os contexts are
	// added unless they are here.
	Contexts Contexts
	// User is who was affected, merged over the client's, field by field.
	User *User
	// Request is the HTTP request that was served, merged over the client's,
	// field by field.
	Request *Request
	// Fingerprint decides which events are the same issue.
	Fingerprint Fingerprint
	// Modules are versions by module path. Nil: those that were linked in.
	Modules map[string]string
	// TimeSpent is how long the operation took; it is sent in milliseconds.
	TimeSpent time.Duration
	// Interfaces are further top-level keys of the event. They are merged over the
	// Context's, key by key.
	Interfaces Interfaces
}

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
	// ExceptionID numbers the exceptions from the end of the list: the last one,
	// the root, is 0. ParentID is the ExceptionID of the error that holds this
	// one; the root has none. Both are sent for an event whose exceptions are
	// numbered, which shows by an ExceptionID other than 0.
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
	// Function is the name within its package: main, (*Server).Serve, run.func1.
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

// User is who was affected by an event (protocol 5.2). Sentry counts users by
// one of ID, Username, Email and IPAddress. The zero value is nobody. As a
// [CaptureOption] it is merged field by field over what was set before.
type User struct {
	ID, Username, Email, Name string
	// IPAddress is an address, or "{{auto}}" for the one that sent the event.
	IPAddress string
	// Data is anything else.
	Data map[string]any
}

func (u User) apply(d *draft) { d.ev.User = mergeUser(d.ev.User, &u) }

func (u *User) empty() bool {
	return u == nil || u.ID == "" && u.Username == "" && u.Email == "" && u.Name == "" && u.IPAddress == "" && len(u.Data) == 0
}

// Request is the HTTP request that was being served (protocol 5.2). The zero
// value is no request. As a [CaptureOption] it is merged field by field over
// what was set before, and so are the entries of Headers and Env; a nil
// *Request changes nothing.
type Request struct {
	// URL is without its query, which belongs in QueryString.
	URL, Method, QueryString, Fragment string
	// Cookies is the Cookie header.
	Cookies string
	Headers map[string]string
	// Env holds what the server knows: REMOTE_ADDR, SERVER_NAME, SERVER_PORT.
	Env map[string]string
	// Data is the body, or what the body said.
	Data any
}

func (r *Request) apply(d *draft) { d.ev.Request = mergeRequest(d.ev.Request, r) }
