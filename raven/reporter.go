package raven

import (
	"context"
)

var (
	_ Reporter = (*Client)(nil)
	_ Reporter = discard{}
)

// CaptureMessage is [Client.CaptureMessage] of the client whose Context ctx
// carries, else of the default client. Without either it does nothing and
// returns "", and so do the other functions that are named as methods of the
// client, but for Deliver and Send, which return [ErrDisabled].
func CaptureMessage(ctx context.Context, message string, opts ...CaptureOption) string {
	return ClientFrom(ctx).CaptureMessage(ctx, message, opts...)
}

// CaptureException is [Client.CaptureException] of the client whose Context ctx
// carries, else of the default client.
func CaptureException(ctx context.Context, err error, opts ...CaptureOption) string {
	return ClientFrom(ctx).CaptureException(ctx, err, opts...)
}

// CaptureQuery is [Client.CaptureQuery] of the client whose Context ctx
// carries, else of the default client.
func CaptureQuery(ctx context.Context, sql, engine string, opts ...CaptureOption) string {
	return ClientFrom(ctx).CaptureQuery(ctx, sql, engine, opts...)
}

// Capture is [Client.Capture] of the client whose Context ctx carries, else of
// the default client.
func Capture(ctx context.Context, ev *Event, opts ...CaptureOption) string {
	return ClientFrom(ctx).Capture(ctx, ev, opts...)
}

// Deliver is [Client.Deliver] of the client whose Context ctx carries, else of
// the default client.
func Deliver(ctx context.Context, ev *Event, opts ...CaptureOption) (string, error) {
	return ClientFrom(ctx).Deliver(ctx, ev, opts...)
}

// Send is [Client.Send] of the client whose Context ctx carries, else of the
// default client.
func Send(ctx context.Context, ev *Event, opts ...CaptureOption) error {
	return ClientFrom(ctx).Send(ctx, ev, opts...)
}

// CaptureBreadcrumb is [Client.CaptureBreadcrumb] of the client whose Context
// ctx carries, else of the default client. [Record] reaches the Contexts of all
// clients.
func CaptureBreadcrumb(ctx context.Context, b Breadcrumb) { ClientFrom(ctx).CaptureBreadcrumb(ctx, b) }

// Flush is [Client.Flush] of the client whose Context ctx carries, else of the
// default client.
func Flush(ctx context.Context) error { return ClientFrom(ctx).Flush(ctx) }

// Discard is a [Reporter] that reports nothing: captures return "", Deliver,
// Send and Flush succeed, since to discard is what was asked for. Recover stops
// a panic as a client's does, since code that runs on after a panic should do
// so whoever it reports to. Discard is safe for concurrent use.
var Discard Reporter = discard{}

type discard struct{}

func (discard) CaptureMessage(context.Context, string, ...CaptureOption) string  { return "" }
func (discard) CaptureException(context.Context, error, ...CaptureOption) string { return "" }
func (discard) Capture(context.Context, *Event, ...CaptureOption) string         { return "" }
func (discard) CaptureQuery(context.Context, string, string, ...CaptureOption) string {
	return ""
}

func (discard) Send(context.Context, *Event, ...CaptureOption) error { return nil }
func (discard) CaptureBreadcrumb(context.Context, Breadcrumb)        {}
func (discard) Flush(context.Context) error                          { return nil }

func (discard) Deliver(context.Context, *Event, ...CaptureOption) (string, error) { return "", nil }

func (discard) Recover(context.Context, ...CaptureOption) {
	if r := recover(); r != nil {
		repanicAbort(r)
	}
}
