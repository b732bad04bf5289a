package raven

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
// A nil t adds nothing. In a Context, t is asked once, when it is merged, and
// does not give exceptions, stack, breadcrumbs and id.
func Custom(t EventType) CaptureOption { return custom{t} }

type custom struct{ EventType }

func (o custom) apply(d *draft) {
	if o.EventType == nil {
		return
	}
	before := circumstances{ev: d.ev}
	d.ev = o.filled()
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
	if d.ev.Breadcrumbs == nil {
		d.ev.Breadcrumbs = before.ev.Breadcrumbs
	}
}

func (o custom) filled() (ev Event) {
	defer func() {
		if r := recover(); r != nil {
			ev = Event{Message: panicText(o.EventType, "FillEvent", r)}
		}
	}()
	o.FillEvent(&ev)
	return ev
}
