package raven

import (
	"cmp"
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
// [TimeSpent], [Custom] and [Lazy]. Others say how the event is captured:
// [Stack], [Callers], [SampleRate], [AuthHeader]. Options are plain values that
// can be kept and combined. Two of the same kind merge key by key, and the
// later wins; nil options are skipped. They override the event's own values. A
// [Context] holds options for all events captured with it. Other packages can't
// implement CaptureOption.
type CaptureOption interface{ apply(*draft) }

// Message is the text of an event. It replaces the argument of
// [Client.CaptureMessage]; an error keeps its own text as well. With [Params]
// it is an fmt template.
type Message string

// Culprit names the place in the code. It replaces the [Transaction].
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

// Callers is the stack of an event, as [runtime.Callers] returned it. It
// replaces the stack of the capture, but not one that an error carries. Nil
// changes nothing.
type Callers []uintptr

// SampleRate is the share of captures that are sent, from 0 for none to 1 for
// all. It overrides [WithSampleRate]. Less than 0 and NaN count as 0, more than
// 1 counts as 1.
type SampleRate float64

// Stack says whether to record the stack of the capturing goroutine with an
// event that has no exceptions, as stack=True does in Raven for Python.
type Stack bool

func (o Tags) apply(d *draft)       { d.ev.Tags = overlay(d.ev.Tags, o, &d.ownTags) }
func (o Extra) apply(d *draft)      { d.ev.Extra = overlay(d.ev.Extra, o, &d.ownExtra) }
func (o Contexts) apply(d *draft)   { d.ev.Contexts = overlay(d.ev.Contexts, o, &d.ownContexts) }
func (o Interfaces) apply(d *draft) { d.ev.Interfaces = overlay(d.ev.Interfaces, o, &d.ownInterfaces) }

func (u User) apply(d *draft)     { d.ev.User = mergeUser(d.ev.User, &u) }
func (r *Request) apply(d *draft) { d.ev.Request = mergeRequest(d.ev.Request, r) }

func (o Params) apply(d *draft)      { d.ev.Params = either(o, d.ev.Params) }
func (o Fingerprint) apply(d *draft) { d.ev.Fingerprint = either(o, d.ev.Fingerprint) }
func (o Callers) apply(d *draft)     { d.callers = either(o, d.callers) }

func (l Level) apply(d *draft)       { d.ev.Level = cmp.Or(l, d.ev.Level) }
func (o Message) apply(d *draft)     { d.ev.Message = cmp.Or(string(o), d.ev.Message) }
func (o Culprit) apply(d *draft)     { d.ev.Culprit = cmp.Or(string(o), d.ev.Culprit) }
func (o Transaction) apply(d *draft) { d.ev.Transaction = cmp.Or(string(o), d.ev.Transaction) }
func (o Logger) apply(d *draft)      { d.ev.Logger = cmp.Or(string(o), d.ev.Logger) }
func (o Site) apply(d *draft)        { d.site = cmp.Or(string(o), d.site) }
func (o SampleRate) apply(d *draft)  { d.rate = &o }
func (o Timestamp) apply(d *draft)   { d.ev.Timestamp = time.Time(o) }
func (o TimeSpent) apply(d *draft)   { d.ev.TimeSpent = time.Duration(o) }
func (o Stack) apply(d *draft)       { d.withStack, d.stackGiven = bool(o), true }

// EventType is a custom kind of event: a value that can describe itself. It
// corresponds to the event types of Raven for Python. [Custom] captures it.
type EventType interface {
	// FillEvent describes the value in ev, which is empty at first. It must not
	// keep ev. If it panics, the panic is reported as the event's message.
	FillEvent(ev *Event)
}

// Custom adds the description of t to an event, over what the event has:
//
//	client.Capture(ctx, nil, raven.Custom(OutOfStock{Article: 7}))
//
// A nil t adds nothing; neither does a nil pointer whose FillEvent panics. In a
// Context, t is called once, when it is merged; its exceptions, stack, threads,
// breadcrumbs and id are left out.
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
	d.ev.EventID = cmp.Or(d.ev.EventID, before.ev.EventID)
	d.ev.Params = either(d.ev.Params, before.ev.Params)
	d.ev.Exceptions = either(d.ev.Exceptions, before.ev.Exceptions)
	d.ev.Stacktrace = cmp.Or(d.ev.Stacktrace, before.ev.Stacktrace)
	d.ev.Threads = either(d.ev.Threads, before.ev.Threads)
	d.ev.Breadcrumbs = either(d.ev.Breadcrumbs, before.ev.Breadcrumbs)
}

// filled returns the description, and false for a nil pointer that panics.
func (o custom) filled() (ev Event, ok bool) {
	if r := guard.Do(func() { o.FillEvent(&ev) }); r != nil {
		return Event{Message: guard.PanicText(o.EventType, "FillEvent", r)}, !guard.IsNilPointer(o.EventType)
	}
	return ev, true
}

// AuthHeader sends header as X-Sentry-Auth instead of the client's own, without
// control characters. "" changes nothing. The header may hold a secret, so fmt,
// encoding/json and log/slog print a mask or an address for the option.
func AuthHeader(header string) CaptureOption {
	if header == "" {
		return authHeader{}
	}
	return authHeader{unique.Make(header)}
}

// authHeader refers to its text, because fmt does not call the methods of
// values in unexported fields.
type authHeader struct{ text unique.Handle[string] }

func (o authHeader) apply(d *draft) {
	if o != (authHeader{}) {
		d.auth = o
	}
}

// over returns h with the capture's header. h is shared and does not change.
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
