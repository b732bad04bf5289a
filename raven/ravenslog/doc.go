// Package ravenslog reports what a program logs with [log/slog]: errors become
// events, and the records before them become breadcrumbs of these events.
//
//	text := slog.NewJSONHandler(os.Stderr, nil)
//	logger := slog.New(ravenslog.NewHandler(client, text))
//	logger.ErrorContext(ctx, "checkout failed", "error", err, "order", 17)
//
// The handler wraps another handler, which still gets its records unchanged. A
// record becomes an event like this:
//
//   - The first attribute that is an error becomes the exception, with its
//     chain. The exception has the stack of the call that logged it, unless the
//     error has its own. Further errors are extra data.
//   - The event has the message and the level of the record.
//   - An attribute whose value is a raven.CaptureOption, such as
//     raven.Fingerprint, is applied to the event.
//   - All other attributes are extra data. Groups are nested.
//
// By default, records from the error level up become events. Other records from
// the info level up become breadcrumbs, with their attributes as data.
//
// Log with a context. The event has the user, the request and the breadcrumbs
// of the raven.Context in it. Records that the client itself logs, such as that
// events can't be delivered, never become events.
package ravenslog
