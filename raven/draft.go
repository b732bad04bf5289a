package raven

import (
	"context"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/errchain"
	"github.com/ravenkit/ravenkit/raven/internal/seen"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// draft is an event that is being built, with working memory. Drafts are
// reused: nothing may refer to one after it is released.
type draft struct {
	ev     Event
	crumbs []crumb // recorded before, if the event has none of its own
	now    time.Time
	bare   bool // nothing of the client is added

	scope    *Context // of the capture
	how      seen.Way
	textOnly bool        // the error has only the text of the original
	here     stack.Stack // of the capture, once it is known

	complete  bool // the event has all that the client adds
	gathering bool // for a Context: lazy values are not called
	lazyDepth int  // of the lazy value that is being applied
	manner

	ownTags, ownExtra, ownContexts, ownInterfaces bool // the draft may change the maps

	handled, unhandled bool // mechanisms point to them

	exceptions []Exception
	mechanisms []Mechanism
	traces     []Stacktrace
	stacks     stack.Arena
	chain      errchain.Chain // of the captured error

	enc encoder
	buf []byte
}

// maxKeptBuffer limits the buffers in the pool.
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

// emptied returns s without elements and their references.
func emptied[T any](s []T) []T {
	clear(s)
	return s[:0]
}

// subject is an error or the value of a panic that is captured, and how an
// event is captured.
type subject struct {
	err      error
	panicked any
	how      seen.Way

	bare   bool // the client adds nothing
	urgent bool // it is sent during pauses too
	told   bool // the outcome is returned to the caller
	echo   bool // a client's own log caused the capture
}

// open starts a capture: it finds the Context and unwraps the error.
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

// lay fills the draft with the Context's data, the event over that, and the
// options over both.
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

// complement adds breadcrumbs, exceptions, stacks and the time.
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

// captureStack returns the stack of Callers, or of the goroutine without the
// client's own calls.
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

// panicStack returns the stack of Callers, or of the panic that was recovered.
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

// circumstances are what a Context holds: defaults for events. They never
// change.
type circumstances struct {
	ev Event
	manner
}

// manner is how an event is captured, by the options of the capture.
type manner struct {
	withStack  bool // the value of Stack
	stackGiven bool
	rate       *SampleRate
	auth       authHeader
	site       string
	callers    Callers
	activate   *bool
	lazy       []Lazy
}

// linesFor returns the number of source lines for an event of a place.
func (c *Client) linesFor(calls stack.Stack, now time.Time) int {
	if c.sourceLines == 0 || c.sourceRate == nil || len(calls) == 0 || c.sourceRate.Allow(uint64(calls[0].PC()), now) {
		return c.sourceLines
	}
	return 0
}
