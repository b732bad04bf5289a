package raven

import "github.com/ravenkit/ravenkit/internal/guard"

// EventType is a kind of event that a program makes up for itself, as the
// reference client's event types are: a value that knows how it is reported.
// [Custom] captures it.
type EventType interface {
	// FillEvent describes the value in ev, which is empty at first, and must not
	// keep it. What it panics with is reported as the event's message.
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
	guard.Enter()
	defer func() {
		guard.Leave()
		if r := recover(); r != nil {
			ok = !guard.IsNilPointer(o.EventType)
			ev = Event{Message: guard.PanicText(o.EventType, "FillEvent", r)}
		}
	}()
	o.FillEvent(&ev)
	return ev, true
}
