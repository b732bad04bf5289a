package raven

import (
	"context"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/errchain"
	"github.com/ravenkit/ravenkit/raven/internal/seen"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// draft is an event while it is put together, with the memory that this takes.
// Drafts are used again: nothing of one may be kept once it is released.
type draft struct {
	ev     Event
	crumbs []crumb // recorded before, if the event has none of its own
	now    time.Time
	bare   bool // nothing of the client is added

	scope    *Context // that the event is captured with
	how      seen.Way
	textOnly bool        // the error is what is left of another one, its text
	here     stack.Stack // the stack of the capture, once it is known

	complete  bool // what the client adds is in the event already
	gathering bool // for a Context: lazy values stay so
	lazyDepth int  // of the lazy value that is being applied
	manner

	ownTags, ownExtra, ownContexts, ownInterfaces bool // the maps are the draft's to change

	handled, unhandled bool // what mechanisms point to

	exceptions []Exception
	mechanisms []Mechanism
	traces     []Stacktrace
	stacks     stack.Arena
	chain      errchain.Chain // what the captured error unwraps to

	enc encoder
	buf []byte
}

// maxKeptBuffer bounds what one large event leaves behind in the pool.
const maxKeptBuffer = 256 << 10

var drafts = sync.Pool{New: func() any { return &draft{buf: make([]byte, 0, 8<<10)} }}

func newDraft() *draft {
	d := drafts.Get().(*draft)
	d.handled, d.unhandled = true, false
	return d
}

func (d *draft) release() {
	if cap(d.buf) > maxKeptBuffer || d.stacks.Large() || d.chain.Large() {
		return
	}
	d.ev = Event{}
	d.crumbs = emptied(d.crumbs)
	d.enc.Restart()
	d.enc.Use(nil)
	d.enc.inApp, d.enc.rules, d.enc.sourceLines, d.enc.gist = nil, nil, 0, gist{}
	d.bare, d.complete, d.gathering, d.manner = false, false, false, manner{}
	d.ownTags, d.ownExtra, d.ownContexts, d.ownInterfaces = false, false, false, false
	d.exceptions = emptied(d.exceptions)
	d.mechanisms = emptied(d.mechanisms)
	d.traces = emptied(d.traces)
	d.stacks.Reset()
	d.chain.Reset()
	d.scope, d.how, d.textOnly, d.here, d.lazyDepth = nil, seen.ByProgram, false, nil, 0
	drafts.Put(d)
}

// emptied returns s without elements and without what they referred to.
func emptied[T any](s []T) []T {
	clear(s)
	return s[:0]
}

// subject is what is captured beside or in place of an event: an error, or the
// value of a panic. bare says that the event is to be sent as it is, urgent
// that it does not wait while sending fails, told that the caller is told what
// became of it, echo that a client's own log led to the capture.
type subject struct {
	err      error
	panicked any
	how      seen.Way

	bare, urgent, told, echo bool
}

// open begins a capture: with the Context of ctx, and everything that the
// captured error unwraps to.
func (d *draft) open(c *Client, ctx context.Context, what *subject) {
	d.scope, d.how, d.now = c.scope(ctx), what.how, time.Now()
	d.enc.inApp, d.bare = c.inApp, what.bare
	d.enc.follow(&c.rules)
	err := what.err
	if err == nil {
		err, _ = what.panicked.(error)
	}
	if err != nil {
		d.chain.Unwrap(err)
	}
}

// lay fills the draft with what the capture was given: the Context's data, the
// event's over it, the options over that (protocol 6.1).
func (d *draft) lay(ev *Event, what *subject, opts []CaptureOption) {
	if ev != nil {
		d.ev = *ev
	}
	if !d.bare {
		d.underlay(d.scope.now.Load().under.settled())
	}
	if what.panicked != nil {
		d.ev.Level = LevelFatal
	}
	d.applyAll(opts)
	d.ev.EventID = idOf(&d.ev)
}

// complement adds what the capture itself knows: breadcrumbs, exceptions,
// stacks and the time.
func (d *draft) complement(c *Client, what *subject) {
	if !d.bare && d.ev.Breadcrumbs == nil {
		d.crumbs = d.scope.now.Load().trail.appendTo(d.crumbs, c.breadcrumbs)
	}
	switch {
	case what.panicked != nil:
		d.addPanic(what.panicked)
	case what.err != nil:
		d.addError(d.captureStack(), &Mechanism{Type: "generic", Handled: &d.handled})
	case (d.withStack || d.callers != nil) && len(d.ev.Exceptions) == 0 && d.ev.Stacktrace == nil:
		d.ev.Stacktrace = d.trace(d.captureStack())
	}
	if _, given := d.ev.Tags["site"]; d.site != "" && !given {
		Tags{"site": d.site}.apply(d)
	}
	if len(d.traces) > 0 {
		d.enc.sourceLines = c.linesFor(d.traces[0].found, d.now)
	}
	if d.ev.Timestamp.IsZero() {
		d.ev.Timestamp = d.now
	}
}

func (d *draft) applyAll(opts []CaptureOption) {
	for _, o := range opts {
		if o != nil {
			o.apply(d)
		}
	}
}

// captureStack is the stack of the goroutine, without the client's own calls,
// or that which the capture was given.
func (d *draft) captureStack() stack.Stack {
	switch {
	case d.here != nil:
	case d.callers != nil:
		d.here = d.stacks.Of(d.callers)
	default:
		d.here = d.stacks.Here()
	}
	return d.here
}

// panicStack is the stack of a panic that was just recovered, or that which the
// capture was given.
func (d *draft) panicStack() stack.Stack {
	if d.callers != nil {
		return d.stacks.Of(d.callers)
	}
	return d.stacks.Panic()
}

// trace returns a stack as an event holds it, nil for an empty one.
func (d *draft) trace(calls stack.Stack) *Stacktrace {
	if len(calls) == 0 {
		return nil
	}
	d.traces = append(d.traces, Stacktrace{found: calls})
	return &d.traces[len(d.traces)-1]
}

// circumstances are what is added to an event that does not say otherwise: what
// a Context holds. They are never changed.
type circumstances struct {
	ev Event
	manner
}

// manner is what the options of a capture say about the capture, beside what
// they say about the event.
type manner struct {
	withStack  bool // as Stack says
	stackGiven bool
	rate       *SampleRate
	auth       authHeader
	site       string
	callers    Callers
	activate   *bool
	lazy       []Lazy
}

// linesFor returns how many lines go with an event of a place.
func (c *Client) linesFor(calls stack.Stack, now time.Time) int {
	if c.sourceLines == 0 || c.sourceRate == nil || len(calls) == 0 || c.sourceRate.Allow(uint64(calls[0].PC()), now) {
		return c.sourceLines
	}
	return 0
}
