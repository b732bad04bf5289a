package raven

import (
	"context"
)

var (
	_ Reporter = (*Client)(nil)
	_ Reporter = discard{}
)

// CaptureMessage is [Client.CaptureMessage] of the client that [ClientFrom]
// returns. If there is none it does nothing and returns "". The same holds for
// the other functions with names of Client's methods, except that Deliver and
// Send return [ErrDisabled].
func CaptureMessage(ctx context.Context, message string, opts ...CaptureOption) string {
	return ClientFrom(ctx).CaptureMessage(ctx, message, opts...)
}

// CaptureException is [Client.CaptureException] of [ClientFrom]'s client.
func CaptureException(ctx context.Context, err error, opts ...CaptureOption) string {
	return ClientFrom(ctx).CaptureException(ctx, err, opts...)
}

// CaptureQuery is [Client.CaptureQuery] of [ClientFrom]'s client.
func CaptureQuery(ctx context.Context, sql, engine string, opts ...CaptureOption) string {
	return ClientFrom(ctx).CaptureQuery(ctx, sql, engine, opts...)
}

// Capture is [Client.Capture] of [ClientFrom]'s client.
func Capture(ctx context.Context, ev *Event, opts ...CaptureOption) string {
	return ClientFrom(ctx).Capture(ctx, ev, opts...)
}

// Deliver is [Client.Deliver] of [ClientFrom]'s client.
func Deliver(ctx context.Context, ev *Event, opts ...CaptureOption) (string, error) {
	return ClientFrom(ctx).Deliver(ctx, ev, opts...)
}

// Send is [Client.Send] of [ClientFrom]'s client.
func Send(ctx context.Context, ev *Event, opts ...CaptureOption) error {
	return ClientFrom(ctx).Send(ctx, ev, opts...)
}

// CaptureBreadcrumb is [Client.CaptureBreadcrumb] of [ClientFrom]'s client.
// [Record] reaches the Contexts of all clients.
func CaptureBreadcrumb(ctx context.Context, b Breadcrumb) { ClientFrom(ctx).CaptureBreadcrumb(ctx, b) }

// Flush is [Client.Flush] of [ClientFrom]'s client.
func Flush(ctx context.Context) error { return ClientFrom(ctx).Flush(ctx) }

// Discard is a [Reporter] that reports nothing: captures return "", and
// Deliver, Send and Flush succeed. Recover stops panics as a client's does, so
// a program behaves the same. Discard is safe for concurrent use.
var Discard Reporter = discard{}

// discard is a disabled client, except that discarding is no error.
type discard struct{ *Client }

func (discard) Deliver(context.Context, *Event, ...CaptureOption) (string, error) { return "", nil }
func (discard) Send(context.Context, *Event, ...CaptureOption) error              { return nil }
