package raven

import "time"

// Event is one report. Every field may be zero: [Client.Capture] fills in what
// it knows, and empty fields are not sent.
//
// A capture neither changes nor keeps an event and its maps and slices; they
// may be reused when the capture has returned. They must not be changed during
// the capture.
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
	// Culprit names the place in the code. If it is set, Transaction is not
	// sent, as in Raven for Python.
	Culprit string
	// Transaction names what the program was doing, such as a route.
	Transaction string
	// Message is the text; with Params it is an fmt template.
	Message string
	// Params are the values that Message is formatted with.
	Params Params
	// Exceptions are the errors, the innermost first; the captured one is last.
	Exceptions []Exception
	// Stacktrace is where the event happened, for events without exceptions.
	Stacktrace *Stacktrace
	// Threads are the goroutines of an event that shows several.
	Threads []Thread
	// Breadcrumbs led to the event, the oldest first. Nil: the Context's.
	Breadcrumbs []Breadcrumb
	// Tags are indexed by Sentry. They are merged over the client's by key.
	Tags Tags
	// Extra is further data. It is merged over the client's by key.
	Extra Extra
	// Contexts are structured data by name. The contexts runtime and os are
	// added unless they are here.
	Contexts Contexts
	// User is who was affected, merged over the client's by field.
	User *User
	// Request is the HTTP request that was served, merged over the client's by
	// field.
	Request *Request
	// Fingerprint decides which events are the same issue.
	Fingerprint Fingerprint
	// Modules are versions by module path. Nil: the linked modules.
	Modules map[string]string
	// TimeSpent is how long the operation took; it is sent in milliseconds.
	TimeSpent time.Duration
	// Interfaces are further top-level keys, merged over the Context's by key.
	Interfaces Interfaces
}

// User is who was affected by an event. Sentry counts users by one of ID,
// Username, Email and IPAddress. The zero value is nobody. As a [CaptureOption]
// it is merged by field.
type User struct {
	ID, Username, Email, Name string
	// IPAddress is an address, or "{{auto}}" for the one that sent the event.
	IPAddress string
	// Data is any further data.
	Data map[string]any
}

func (u *User) empty() bool {
	return u == nil || u.ID == "" && u.Username == "" && u.Email == "" && u.Name == "" && u.IPAddress == "" && len(u.Data) == 0
}

// Request is the HTTP request that was being served. The zero value is none. As
// a [CaptureOption] it is merged by field, Headers and Env by key; a nil
// *Request changes nothing.
type Request struct {
	// URL is without its query, which belongs in QueryString.
	URL, Method, QueryString, Fragment string
	// Cookies is the Cookie header.
	Cookies string
	Headers map[string]string
	// Env is the server's data: REMOTE_ADDR, SERVER_NAME, SERVER_PORT.
	Env map[string]string
	// Data is the body, or its content.
	Data any
}

// Tags are short texts by which Sentry indexes events. Values are cut at 200
// characters and newlines become blanks, because Sentry would drop them.
type Tags map[string]string

// Extra is data of any type that Sentry shows with an event. Values are sent as
// JSON within the limits of Raven for Python: six levels, 50 entries a list,
// map or struct, 400 characters a string; [WithLimits] changes them. Secrets
// are replaced by ********. Values that JSON does not have are sent as text. If
// a method of a value panics, only that value is lost. Cycles are cut.
//
// Values are read before the capture returns. Two things end the program here
// and wherever a capture takes values: a map that another goroutine changes
// during the capture (fatal error: concurrent map iteration and map write), and
// a method with endless recursion.
type Extra map[string]any

// Contexts are structured data by name. Sentry knows "runtime", "os", "device"
// and others, and shows the rest as they are. Of contexts with one name the
// last wins.
type Contexts map[string]any

// Interfaces are further top-level keys of an event, such as
// "sentry.interfaces.Query". As in Raven for Python, captures send only keys
// with a dot; [Client.Send] sends others too.
type Interfaces map[string]any

// Params are the values of a message. The message is then an fmt template, and
// Sentry groups by the template. Without Params a message is taken literally.
type Params []any

// Fingerprint decides which events are the same issue. "{{ default }}" means
// Sentry's own rule.
type Fingerprint []string

// Breadcrumb is something that happened before an event. It is not recorded if
// type, category, message, data and Process are empty.
type Breadcrumb struct {
	// Timestamp is when it happened. Zero: when it is recorded.
	Timestamp time.Time
	// Type decides how Sentry shows it. Empty: "default".
	Type string
	// Category names the part of the program; at most 128 characters are kept.
	Category string
	// Message is the text; at most 1024 characters are kept.
	Message string
	// Level is sent in lower case. Empty means info to Sentry.
	Level Level
	// Data is any further data. It is encoded when the breadcrumb is recorded
	// and may change afterwards.
	Data map[string]any
	// Process completes the breadcrumb when an event first needs it. It is for
	// data that takes long to get. It runs at most once, on the goroutine of a
	// capture, and may change its argument, whose Data is a copy. If it panics,
	// the breadcrumb stays as it was. An event captured while it runs lacks the
	// breadcrumb.
	Process func(*Breadcrumb)
}

func (b *Breadcrumb) empty() bool {
	return b.Type == "" && b.Category == "" && b.Message == "" && len(b.Data) == 0 && b.Process == nil
}
