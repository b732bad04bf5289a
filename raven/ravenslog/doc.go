// Package ravenslog reports what a program logs with [log/slog]: errors become
// events, and what was logged before them becomes their breadcrumbs.
//
//	logger := slog.New(ravenslog.NewHandler(client, slog.NewJSONHandler(os.Stderr, nil)))
//	logger.ErrorContext(ctx, "checkout failed", "error", err, "order", 17)
//
// The handler wraps another one, which gets every record unchanged; a program
// goes on logging as it did. Of a record that becomes an event
//
//   - the first attribute that is an error becomes the exception, with its
//     chain and the stack of the call that logged it unless it has its own;
//     further errors are data;
//   - the message is the event's message, the level its level;
//   - an attribute whose value is a raven.CaptureOption, such as
//     raven.Fingerprint, is applied to the event;
//   - all other attributes are extra data, groups are nested.
//
// Log with a context: it decides which raven.Context the event gets its user,
// request and breadcrumbs from. What the client itself logs, such as that
// events can't be delivered, is never made into an event.
package ravenslog
