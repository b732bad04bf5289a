package raven

import "context"

// CaptureMessage reports a text and returns the event's id, "" if the client
// is disabled. The message is taken literally; with [Params] among opts it is
// an fmt template.
func (c *Client) CaptureMessage(ctx context.Context, message string, opts ...CaptureOption) string {
	if !c.Enabled() {
		return ""
	}
	return c.capture(ctx, &Event{Message: message}, subject{}, opts)
}

// CaptureException reports an error with everything that it wraps, and returns
// the event's id. A nil error is not reported, and neither is one that is
// ignored ([WithIgnore]) or a repetition ([Context]); it returns "", as a
// disabled client does.
//
// Each error becomes an exception; those of [errors.Join] and of several %w
// become an exception group. An error that carries the stack of its origin (a
// method StackTrace, Callers or StackFrames that returns program counters)
// keeps it; otherwise err itself gets the stack of this call.
//
// An exception is called by its Go type, or, where that says nothing, by a
// function. In a test of package main the two differ: go test calls the type
// *main.T, as the program does, but the function by the package's import path,
// app.Handler, where the program has main.Handler.
func (c *Client) CaptureException(ctx context.Context, err error, opts ...CaptureOption) string {
	if err == nil || !c.Enabled() {
		return ""
	}
	return c.capture(ctx, nil, subject{err: err}, opts)
}

// CaptureQuery reports a query as an event whose message is its text, and
// returns the event's id. engine names the database system, such as
// "postgres"; it may be empty.
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
// The event is completed with what the client knows; it is neither changed nor
// kept. A nil event is an empty one, to be filled by opts.
//
// No capture panics, and none fails: delivery failures are logged, the first
// of each burst, unless [WithRaiseSendErrors] hands them out. With a transport
// that delivers in the background ctx bounds no more than the admission to its
// queue; with one that blocks it bounds the delivery, unless it has ended
// before: what is captured for a request that was cancelled is delivered all
// the same.
func (c *Client) Capture(ctx context.Context, ev *Event, opts ...CaptureOption) string {
	if !c.Enabled() {
		return ""
	}
	return c.capture(ctx, ev, subject{}, opts)
}

// Deliver reports an event as [Client.Capture] does and waits for the outcome,
// on any transport, bounded by ctx. It returns the id that the server gave the
// event, or the event's own if it gave none. It makes one attempt at once, past
// any queue and whatever [Client.State] says; only a rate limit holds it back.
// The error is the transport's, or a *[DroppedError] for an event that was
// sampled out, filtered, throttled or too large, or could not be built; neither
// is logged. A disabled client returns "" and [ErrDisabled].
func (c *Client) Deliver(ctx context.Context, ev *Event, opts ...CaptureOption) (string, error) {
	if !c.Enabled() {
		return "", ErrDisabled
	}
	return c.deliver(ctx, ev, opts)
}

// Send hands an event to the transport as it is, with opts applied: only an id,
// a time and what every event has to have are filled in, nothing of the
// client's tags, extra, breadcrumbs and Contexts. It is for low-level protocol
// data: any key of [Event.Interfaces] is sent, with a dot or without, but for
// those of the event's other fields.
//
// Nothing ignores, samples, filters or throttles it, but secrets in it are
// masked, and it is trimmed if it is too large. Send returns what is wrong with
// the event; a *[DroppedError] if it stays too large or, on a transport that
// holds nothing, while sending fails ([Client.State]); the refusal of a queue;
// and the outcome on a transport that blocks, or with [WithRaiseSendErrors]. A
// disabled client returns [ErrDisabled].
func (c *Client) Send(ctx context.Context, ev *Event, opts ...CaptureOption) error {
	if !c.Enabled() {
		return ErrDisabled
	}
	return c.send(ctx, ev, opts)
}

// CaptureBreadcrumb records something that happened in the client's Context
// that ctx carries, or in the client's own, for the events that are captured
// with it later. A Context that is not active does not receive it. The latest
// 100 are kept; sending does not clear them. [Record] needs no client.
func (c *Client) CaptureBreadcrumb(ctx context.Context, b Breadcrumb) { c.record(ctx, b) }

// Recover reports a panic and stops it. It has to be deferred itself:
//
//	defer client.Recover(ctx)
//
// The event is fatal and has the stack of the panic. Without a panic, and while
// a goroutine ends by [runtime.Goexit], nothing happens. A panic with
// [http.ErrAbortHandler], which is how a handler ends a response, goes on and
// is not reported. A disabled client stops panics too: whether a program
// survives does not depend on where it reports.
func (c *Client) Recover(ctx context.Context, opts ...CaptureOption) {
	if r := recover(); r != nil {
		c.recovered(ctx, r, opts)
	}
}

// Flush waits until every event that was captured before the call has its
// outcome, or ctx ends. On a transport that holds events ([Client.State]) it
// waits as long as an outage lasts, unless ctx has a deadline. It returns nil
// if every event has its outcome and nothing was lost since the last Flush, or
// the start; else a *[LossError]. That one counts what was lost and wraps, if
// ctx ended first, the *transport.UndeliveredError that says how many events
// had no outcome. What [Client.Deliver] and [Client.Send] have returned an
// error for is not told again, and what was dropped on purpose is no loss.
func (c *Client) Flush(ctx context.Context) error {
	if !c.Enabled() {
		return nil
	}
	return c.flush(orBackground(ctx))
}
