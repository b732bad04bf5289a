// Package ravenzap reports what a program logs with go.uber.org/zap: errors
// become events, and what was logged before them becomes their breadcrumbs.
//
//	logger = zap.New(zapcore.NewTee(logger.Core(), ravenzap.NewCore(client)), zap.AddCaller())
//
// Of an entry that becomes an event
//
//   - the first field that is an error becomes the exception, with its chain
//     and the stack of the call that logged it, unless it has its own; with
//     zap.AddCaller the stack ends at the caller that zap names; further errors
//     are data;
//   - the message is the event's message, the level its level, the logger's
//     name its logger;
//   - a field whose value is a raven.CaptureOption is applied to the event; other
//     cores skip it if it was made by [Apply];
//   - a field made by [Context] says which raven.Context the event belongs to;
//   - all other fields are extra data; namespaces are nested.
package ravenzap
