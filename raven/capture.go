package raven

import (
	"cmp"
	"context"

	"github.com/ravenkit/ravenkit/transport"
)

// CaptureMessage reports a text and returns the event's id, "" if the client
// is disabled. The message is taken literally; with [Params] among opts it is
// an fmt template.
func (c *Client) CaptureMessage(ctx context.Context, message string, opts ...CaptureOption) string {
	if !c.Enabled() {
		return ""
	}
	return c.capture(ctx, &Event{Message: message}, subject{}, opts)
}

// CaptureException reports an error and all errors that it wraps, and returns
// the event's id. It returns "" without reporting anything for a nil error, an
// ignored error ([WithIgnore]), a repetition ([Context]), and if the client is
// disabled.
//
// Each error becomes an exception; those of [errors.Join] and of several %w
// become an exception group. An error keeps the stack that it carries (a method
// StackTrace, Callers or StackFrames returns program counters). If err carries
// none, it gets the stack of this call.
//
// The exception's type is the error's Go type or, if that says nothing, a
// function. In a test of package main the function's package is the import
// path, app.Handler, and in the program it is main.Handler; types are in
// package main in both.
func (c *Client) CaptureException(ctx context.Context, err error, opts ...CaptureOption) string {
	if err == nil || !c.Enabled() {
		return ""
	}
	return c.capture(ctx, nil, subject{err: err}, opts)
}

// CaptureQuery reports a query as an event whose message is its text, and
// returns the event's id. engine is the database system, such as "postgres"; it
// may be empty.
func (c *Client) CaptureQuery(ctx context.Context, sql, engine string, opts ...CaptureOption) string {
	if !c.Enabled() {
		return ""
	}
	query := map[string]any{"query": sql}
	if engine != "" {
		query["engine"] = engine
	}
	ev := &Event{Message: sql, Interfaces: Interfaces{"sentry.interfaces.Query": query}}
	return c.capture(ctx, ev, subject{}, opts)
}

// Capture reports an event and returns its id, "" if the client is disabled.
// The client adds what it knows, but neither changes nor keeps ev. A nil event
// is an empty one; opts can fill it.
//
// Captures never panic and never fail. Failures of delivery are logged, the
// first of each burst, or passed to the function of [WithRaiseSendErrors]. ctx
// limits the wait for room in the queue of an asynchronous transport, and the
// delivery on a blocking one. If ctx has already ended, as that of a cancelled
// request, the event is delivered unless it would have to wait for room. With
// [WithRaiseSendErrors], ctx limits the delivery on any transport.
func (c *Client) Capture(ctx context.Context, ev *Event, opts ...CaptureOption) string {
	if !c.Enabled() {
		return ""
	}
	return c.capture(ctx, ev, subject{}, opts)
}

// Deliver reports an event as [Client.Capture] does and waits for the outcome,
// on any transport, until ctx ends. It returns the id that the server assigned,
// else the event's own. It makes one attempt at once, bypassing any queue and
// regardless of [Client.State]; only a rate limit prevents it. The error is the
// transport's, or a *[DroppedError] for an event that was sampled out,
// filtered, throttled or too large, or could not be built. Neither is logged. A
// disabled client returns "" and [ErrDisabled].
func (c *Client) Deliver(ctx context.Context, ev *Event, opts ...CaptureOption) (string, error) {
	if !c.Enabled() {
		return "", ErrDisabled
	}
	p, drop := c.pass(ctx, ev, subject{urgent: true, told: true}, opts)
	if p.fate == nil {
		if drop.Kind == OutcomeSampled {
			c.setLastEventID(drop.EventID)
		}
		return drop.EventID, &DroppedError{Outcome: drop}
	}
	id := p.id
	c.setLastEventID(id)
	resp, err := c.await(orBackground(ctx), p, terms{told: true, ignore: c.raise != nil})
	if err == nil && resp != nil {
		id = cmp.Or(normalID(resp.EventID), id)
	}
	return id, err
}

// Send passes an event to the transport with opts applied. It adds only an id,
// a time and other required fields, none of the client's tags, extra,
// breadcrumbs and Contexts. It is for low-level protocol data: it sends every
// key of [Event.Interfaces], with or without a dot, except those of the event's
// other fields.
//
// The event is not ignored, sampled, filtered or throttled. Secrets are masked,
// and an event that is too large is trimmed. Send returns an error if the event
// is invalid or a queue refuses it; a *[DroppedError] if it stays too large or,
// on a transport that holds nothing, while sending is paused ([Client.State]);
// and the outcome on a blocking transport or with [WithRaiseSendErrors]. A
// disabled client returns [ErrDisabled].
func (c *Client) Send(ctx context.Context, ev *Event, opts ...CaptureOption) error {
	switch {
	case !c.Enabled():
		return ErrDisabled
	case ev == nil:
		return errNilEvent
	case ev.EventID != "" && normalID(ev.EventID) == "":
		return errEventID
	}
	if err := checkInterfaces(ev, opts); err != nil {
		return err
	}
	p, drop := c.pass(ctx, ev, subject{bare: true, told: true, urgent: c.raise != nil}, opts)
	if p.fate == nil {
		return &DroppedError{Outcome: drop}
	}
	c.setLastEventID(p.id)
	if c.raise != nil || c.async == nil {
		_, err := c.await(orBackground(ctx), p, terms{told: true, ignore: c.raise != nil})
		return err
	}
	var a admission
	err := errNoReturn
	defer func() { // also when the goroutine is ended
		if err != nil {
			c.settle(p.fate, nil, err, terms{told: true})
		}
	}()
	err = c.enqueue(orBackground(ctx), p.packet, func(resp *transport.Response, err error) {
		c.settle(p.fate, resp, err, terms{told: a.refuse(err)})
	})
	if err != nil {
		return err
	}
	return a.close()
}

// CaptureBreadcrumb adds b to the client's Context in ctx, or to the client's
// own, for the events captured with it later. Only an active Context receives
// it. The latest 100 are kept; sending an event does not clear them. [Record]
// needs no client.
func (c *Client) CaptureBreadcrumb(ctx context.Context, b Breadcrumb) { c.record(ctx, b) }

// Recover reports a panic and stops it. It must be deferred directly:
//
//	defer client.Recover(ctx)
//
// The event is fatal and has the stack of the panic. Without a panic, and
// during [runtime.Goexit], Recover does nothing. A panic with
// [http.ErrAbortHandler], by which a handler aborts a response, continues and
// is not reported. A disabled client stops panics too, so a program behaves the
// same with and without a DSN.
func (c *Client) Recover(ctx context.Context, opts ...CaptureOption) {
	if r := recover(); r != nil {
		c.recovered(ctx, r, opts)
	}
}

// Flush waits until every event captured before the call has an outcome, or
// until ctx ends. On a transport that holds events ([Client.State]) it waits
// through an outage, unless ctx has a deadline. It returns nil if every event
// has an outcome and nothing was lost since the last Flush, else a
// *[LossError]. If ctx ended first, that wraps a *transport.UndeliveredError,
// which counts the events without an outcome. Errors that [Client.Deliver] and
// [Client.Send] returned are not reported again. Events dropped on purpose are
// not losses.
func (c *Client) Flush(ctx context.Context) error {
	if !c.Enabled() {
		return nil
	}
	ctx = orBackground(ctx)
	var err error
	if c.async != nil {
		err = contained(func() error { return c.async.Flush(ctx) })
	}
	c.sendReport(ctx)
	return c.loss(err)
}
