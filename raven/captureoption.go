package raven

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"time"
	"unique"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/mask"
)

// CaptureOption adds something to one event: [Tags], [Extra], [Contexts],
// [Interfaces], [User], *[Request], [Level], [Message], [Params],
// [Fingerprint], [Culprit], [Transaction], [Logger], [Site], [Timestamp],
// [TimeSpent] and what [Custom] and [Lazy] make; or it says how the event is
// captured: [Stack], [Callers], [SampleRate], [AuthHeader]. They are plain
// values, so they can be kept, passed on and combined. Two of the same kind
// merge key by key, the later wins; a nil one is skipped. They win over what an
// event says itself. A [Context] holds them for all the events that are
// captured with it. The set is closed: nothing outside this package implements
// it.
type CaptureOption interface{ apply(*draft) }

// Message is the text of an event: of an error, beside what the error says, and
// in place of the argument of [Client.CaptureMessage]. With [Params] it is an
// fmt template.
type Message string

// Culprit names the place in the code. It displaces the [Transaction].
type Culprit string

// Transaction names what the program was doing, such as a route.
type Transaction string

// Logger names the part of the program that reports.
type Logger string

// Site names the part of an installation that reports. It becomes the tag
// "site", unless the event has one.
type Site string

// Timestamp is when the event happened, if that is not now.
type Timestamp time.Time

// TimeSpent is how long the operation took. It is sent in milliseconds.
type TimeSpent time.Duration

// Callers is the stack of an event, in place of that of the capture: what
// [runtime.Callers] returned where it happened. An error that carries the stack
// of its origin keeps it. Nil says nothing.
type Callers []uintptr

// SampleRate is the share of captures that are sent, from 0 for none to 1 for
// all, in place of the client's ([WithSampleRate]). What is below 0, or no
// number, counts as 0, what is above 1 as 1.
type SampleRate float64

// Stack says whether to record the stack of the capturing goroutine with an
// event that has no exceptions: the reference client's stack=True.
type Stack bool

func (o Tags) apply(d *draft)     { d.ev.Tags = overlay(d.ev.Tags, o, &d.ownTags) }
func (o Extra) apply(d *draft)    { d.ev.Extra = overlay(d.ev.Extra, o, &d.ownExtra) }
func (o Contexts) apply(d *draft) { d.ev.Contexts = overlay(d.ev.Contexts, o, &d.ownContexts) }

func (u User) apply(d *draft) { d.ev.User = mergeUser(d.ev.User, &u) }

func (r *Request) apply(d *draft) { d.ev.Request = mergeRequest(d.ev.Request, r) }

func (l Level) apply(d *draft) {
	if l != "" {
		d.ev.Level = l
	}
}

func (o Interfaces) apply(d *draft) {
	d.ev.Interfaces = overlay(d.ev.Interfaces, o, &d.ownInterfaces)
}

func (o Params) apply(d *draft) {
	if o != nil {
		d.ev.Params = o
	}
}

func (o Fingerprint) apply(d *draft) {
	if o != nil {
		d.ev.Fingerprint = o
	}
}

func (o Callers) apply(d *draft) {
	if o != nil {
		d.callers = o
	}
}

func (o Message) apply(d *draft)     { set(&d.ev.Message, string(o)) }
func (o Culprit) apply(d *draft)     { set(&d.ev.Culprit, string(o)) }
func (o Transaction) apply(d *draft) { set(&d.ev.Transaction, string(o)) }
func (o Logger) apply(d *draft)      { set(&d.ev.Logger, string(o)) }
func (o Site) apply(d *draft)        { set(&d.site, string(o)) }
func (o SampleRate) apply(d *draft)  { d.rate = &o }
func (o Timestamp) apply(d *draft)   { d.ev.Timestamp = time.Time(o) }
func (o TimeSpent) apply(d *draft)   { d.ev.TimeSpent = time.Duration(o) }
func (o Stack) apply(d *draft)       { d.withStack, d.stackGiven = bool(o), true }

// EventType is a kind of event that a program makes up for itself, as the
// reference client's event types are: a value that knows how it is reported.
// [Custom] captures it.
type EventType interface {
	// FillEvent describes the value in ev, which is empty at first, and must
	// not keep it. What it panics with is reported as the event's message.
	FillEvent(ev *Event)
}

// Custom adds to an event what t says of itself, over what was said before:
//
//	client.Capture(ctx, nil, raven.Custom(OutOfStock{Article: 7}))
//
// A nil t adds nothing, and neither does a nil pointer whose FillEvent panics.
// In a Context, t is asked once, when it is merged, and does not give
// exceptions, stack, threads, breadcrumbs and id.
func Custom(t EventType) CaptureOption { return custom{t} }

type custom struct{ EventType }

func (o custom) apply(d *draft) {
	if o.EventType == nil {
		return
	}
	filled, ok := o.filled()
	if !ok {
		return
	}
	before := circumstances{ev: d.ev}
	d.ev = filled
	d.underlay(&before)
	if d.ev.EventID == "" {
		d.ev.EventID = before.ev.EventID
	}
	if d.ev.Params == nil {
		d.ev.Params = before.ev.Params
	}
	if d.ev.Exceptions == nil {
		d.ev.Exceptions = before.ev.Exceptions
	}
	if d.ev.Stacktrace == nil {
		d.ev.Stacktrace = before.ev.Stacktrace
	}
	if d.ev.Threads == nil {
		d.ev.Threads = before.ev.Threads
	}
	if d.ev.Breadcrumbs == nil {
		d.ev.Breadcrumbs = before.ev.Breadcrumbs
	}
}

// filled returns what the value says, and false for a nil pointer, which can't
// say anything.
func (o custom) filled() (ev Event, ok bool) {
	if r := guard.Do(func() { o.FillEvent(&ev) }); r != nil {
		return Event{Message: guard.PanicText(o.EventType, "FillEvent", r)}, !guard.IsNilPointer(o.EventType)
	}
	return ev, true
}

// AuthHeader returns a [CaptureOption]: the header is sent as X-Sentry-Auth, as
// it is, in place of what the client makes of its DSN. Control characters,
// which no header may have, are left out. "" says nothing. The header may hold
// a secret, so fmt, encoding/json and log/slog show a mask or an address
// wherever the option is printed.
func AuthHeader(header string) CaptureOption {
	if header == "" {
		return authHeader{}
	}
	return authHeader{unique.Make(header)}
}

// authHeader holds a reference to its text, since fmt calls no methods of what
// stands in unexported fields.
type authHeader struct{ text unique.Handle[string] }

func (o authHeader) apply(d *draft) {
	if o != (authHeader{}) {
		d.auth = o
	}
}

// over returns headers with the own one of the capture. Those of the client
// are shared by its packets, and stay as they are.
func (o authHeader) over(h http.Header) http.Header {
	if o == (authHeader{}) {
		return h
	}
	h = maps.Clone(h)
	h["X-Sentry-Auth"] = []string{strings.Map(printable, o.text.Value())}
	return h
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

// String masks the header.
func (o authHeader) String() string { return mask.Hidden }

// Format masks the header for every verb.
func (o authHeader) Format(f fmt.State, _ rune) { fmt.Fprint(f, mask.Hidden) }

// MarshalText masks the header for JSON.
func (o authHeader) MarshalText() ([]byte, error) { return []byte(mask.Hidden), nil }

// LogValue masks the header for log/slog.
func (o authHeader) LogValue() slog.Value { return slog.StringValue(mask.Hidden) }
