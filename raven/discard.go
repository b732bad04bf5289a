package raven

import "context"

// Discard is a [Reporter] that reports nothing: captures return "", Deliver,
// Send and Flush succeed, since to discard is what was asked for. Recover stops a panic as a client's does, since code
// that runs on after a panic should do so whoever it reports to. Discard is
// safe for concurrent use.
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
