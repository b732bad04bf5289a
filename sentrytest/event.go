package sentrytest

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/deepcopy"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Event is an event as it was sent, in any of the protocol's shapes: see
// docs/protocol.md, "Events". Sentry may store it differently: here nothing is
// trimmed, truncated, renamed or dropped, and only EventID, Level, SDK and the
// Type of a transaction are filled in.
//
// An Event is a plain value. The zero value is an event without contents.
type Event struct {
	EventID     string    // 32 lower-case hexadecimal digits; from the envelope if it has one, made up if there is none
	Type        string    // "" for an error, else "transaction", "csp", …
	Timestamp   time.Time // UTC; zero when absent or unreadable
	Level       string    // debug, info, warning, error or fatal; error when absent or unreadable
	Logger      string
	Platform    string
	ServerName  string
	Release     string
	Environment string
	Dist        string
	Transaction string
	Culprit     string
	Message     string   // the formatted log entry, or else its message
	LogEntry    LogEntry // the log entry in its parts

	Exceptions  []Exception // oldest to newest: the last is the one that was raised
	Threads     []Thread
	Stacktrace  *Stacktrace // the deprecated top-level one; nil when absent
	Breadcrumbs []Breadcrumb
	Tags        map[string]string // stringified as Sentry does it: true is "True", 1.5 is "1"
	Extra       map[string]any    // JSON values; see ParseEvent about numbers
	User        User
	Request     HTTPRequest               // the HTTP request that the event is about, not the one that carried it
	Contexts    map[string]map[string]any // by name
	Modules     map[string]string
	SDK         SDK // from sentry_client when the event has none
	Fingerprint []string
	TimeSpent   *int64 // nil when absent
	Template    *Template
	DebugMeta   map[string]any   // images and their addresses, as sent
	Errors      []map[string]any // what the SDK or a relay noted about the event itself
	Report      map[string]any   // a browser's report, of type csp, hpkp, expectct or expectstaple

	// What transactions have beside the above.
	StartTimestamp    time.Time // UTC; zero when absent or unreadable
	TransactionSource string    // where the transaction's name comes from: "url", "route", …
	Spans             []Span    // in their order
	Measurements      map[string]any

	// Attachments are those of the envelope that carried the event, in their
	// order.
	Attachments []Attachment

	// Problems lists the fields that could not be read, 500 at most. They are
	// empty in the Event; Raw has them.
	Problems []Problem
	// Raw is the JSON as it was received, after decompression.
	Raw json.RawMessage
	// Received is the request that carried the event. It is zero in the result
	// of ParseEvent.
	Received Request
}

// Clone returns a copy that shares nothing which can be modified. Free-form
// values that JSON does not have, such as pointers, are shared.
func (e Event) Clone() Event { return deepcopy.Of(e) }

// Problem is a field of an event that is not in the form of the protocol.
type Problem struct {
	Path   string // for example "exception.values.0.stacktrace.frames"
	Reason string
}

// String returns the problem on one line.
func (p Problem) String() string { return texts.OneLine(p.Path + ": " + p.Reason) }

// LogEntry is the message of an event in its parts.
type LogEntry struct {
	Message   string // the template
	Params    []any  // positional parameters; nil when absent or named
	Named     map[string]any
	Formatted string // as it was sent; Event.Message has the text in any case
}

// Exception is one error of the chain.
type Exception struct {
	Type       string
	Value      string // values that are not strings are kept as their JSON
	Module     string
	ThreadID   string
	Mechanism  *Mechanism  // nil when absent
	Stacktrace *Stacktrace // nil when absent

	RawStacktrace *Stacktrace // as it was before a server symbolicated it; nil when absent
}

// Mechanism says how an exception came about.
type Mechanism struct {
	Type             string
	Description      string
	HelpLink         string
	Source           string
	Handled          *bool // nil when absent
	Synthetic        bool
	ExceptionID      *int // nil when absent
	ParentID         *int // nil when absent
	IsExceptionGroup bool
	Data             map[string]any
	Meta             map[string]any // signal, errno and so on
}

// Stacktrace is a list of frames, oldest call first.
type Stacktrace struct {
	Frames    []Frame
	Registers map[string]string
	Lang      string
	Snapshot  bool
}

// Frame is one call.
type Frame struct {
	Function    string
	RawFunction string
	Module      string
	Package     string
	Filename    string
	AbsPath     string
	Lineno      int   // 0 when absent
	Colno       int   // 0 when absent
	InApp       *bool // nil when absent
	ContextLine string
	PreContext  []string
	PostContext []string
	Vars        map[string]any

	Platform        string // of a frame in another language than the event's
	Symbol          string
	StackStart      bool
	SourceLink      string
	InstructionAddr string // as text, however it was sent
	SymbolAddr      string
	ImageAddr       string
	AddrMode        string
	Lock            map[string]any // nil when absent
}

// Thread is one thread at the time of the event.
type Thread struct {
	ID         string
	Name       string
	State      string
	Crashed    bool
	Current    bool
	Main       bool
	Stacktrace *Stacktrace    // nil when absent
	HeldLocks  map[string]any // by address
}

// Breadcrumb is one thing that happened before the event.
type Breadcrumb struct {
	Timestamp time.Time // UTC; zero when absent or unreadable
	Type      string    // "default" when absent
	Category  string
	Message   string
	Level     string // info when absent or unreadable
	Data      map[string]any
	EventID   string // of the event that the breadcrumb stands for; "" when absent
}

// User is who the event happened to.
type User struct {
	ID        string
	Username  string
	Email     string
	Name      string
	IPAddress string
	Data      map[string]any
	Other     map[string]any // every attribute without a field of its own, geo included
}

// HTTPRequest is the HTTP request that an event is about.
type HTTPRequest struct {
	URL         string
	Method      string
	QueryString string            // pairs and objects are encoded into a query
	Fragment    string            // without "#"
	Data        any               // the body: text, or what it was decoded to
	Cookies     map[string]string // text and pairs are split
	Headers     http.Header       // canonical names
	Env         map[string]any
	Protocol    string // for example "HTTP/1.1"
}

// Template is the place in a template that an error comes from.
type Template struct {
	Filename    string
	AbsPath     string
	Lineno      int // 0 when absent
	ContextLine string
	PreContext  []string
	PostContext []string
}

// Span is one timed operation within a transaction.
type Span struct {
	SpanID         string
	TraceID        string
	ParentSpanID   string
	Op             string
	Description    string
	Status         string
	Origin         string
	StartTimestamp time.Time // UTC; zero when absent or unreadable
	Timestamp      time.Time // its end; UTC; zero when absent or unreadable
	Tags           map[string]string
	Data           map[string]any
}

// SDK names the client library.
type SDK struct {
	Name         string
	Version      string
	Integrations []string
	Features     []string
	Packages     []Package
}

// Package is a part of an SDK.
type Package struct {
	Name    string
	Version string
}
