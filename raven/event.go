package raven

import (
	"time"
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
	// Message is the text, or the fmt template of the text where Params are
	// set.
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
	// Tags are indexed by Sentry. They are merged over the client's, key by
	// key.
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
	// Interfaces are further top-level keys of the event. They are merged over
	// the Context's, key by key.
	Interfaces Interfaces
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

// Tags are short texts by which Sentry indexes events (protocol 5.3). Values
// are cut at 200 characters and have their newlines replaced by blanks: Sentry
// would drop them.
type Tags map[string]string

// Extra is data of any type that Sentry shows beside an event. Values are sent
// as natural JSON under the reference client's limits: six levels deep, 50
// entries a list, map or struct, 400 characters a string (protocol 6.2), or
// those of [WithLimits]. Of what looks like a secret only ******** is sent.
// What JSON cannot say is sent as text. A method of a value that panics costs
// that value, and a value that holds itself is cut off where it does.
//
// Values are read before the capture returns, never later. Two things end a
// program all the same, here and wherever else a capture takes values of any
// type: a map that another goroutine changes during the capture (fatal error:
// concurrent map iteration and map write), and a method that calls itself
// without end.
type Extra map[string]any

// Contexts are structured data by name: "runtime", "os", "device" and so on
// have a meaning to Sentry, others are shown as they are (protocol 5.2). A
// later context replaces an earlier one of the same name.
type Contexts map[string]any

// Interfaces are further top-level keys of an event, such as
// "sentry.interfaces.Query". As in the reference, a key counts as one if it has
// a dot in it; others are ignored by captures, and sent by [Client.Send].
type Interfaces map[string]any

// Params are the values of a message: with them, the message is an fmt
// template, and both the template and the values are sent, so that Sentry
// groups by the template. Without them a message is taken literally.
type Params []any

// Fingerprint replaces the rule by which Sentry decides which events are the
// same issue. "{{ default }}" stands for the built-in rule.
type Fingerprint []string

// Breadcrumb is something that happened before an event (protocol 5.2, 6.4).
// One that has none of type, category, message,
// data and Process is not recorded.
type Breadcrumb struct {
	// Timestamp is when it happened. Zero: when it is recorded.
	Timestamp time.Time
	// Type decides how Sentry shows it. Empty: "default".
	Type string
	// Category names the part of the program; at most 128 characters are kept.
	Category string
	// Message is the text; at most 1024 characters are kept.
	Message string
	// Level is as for events, and sent in lower case; Sentry takes none for
	// info.
	Level Level
	// Data is anything else. It is encoded when the breadcrumb is recorded, so
	// it may be changed afterwards.
	Data map[string]any
	// Process completes the breadcrumb when it is first needed for an event,
	// and never if that doesn't happen: for what is expensive to find out. It
	// runs once, on the goroutine of a capture, and may change what it is
	// given, whose Data is a copy. If it panics the breadcrumb stays as it was
	// recorded. An event that is captured while it runs goes without the
	// breadcrumb.
	Process func(*Breadcrumb)
}

func (b *Breadcrumb) empty() bool {
	return b.Type == "" && b.Category == "" && b.Message == "" && len(b.Data) == 0 && b.Process == nil
}
