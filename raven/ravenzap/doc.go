// Package ravenzap reports what a program logs with go.uber.org/zap: errors
// become events, and the entries before them become breadcrumbs of these
// events.
//
//	core := zapcore.NewTee(logger.Core(), ravenzap.NewCore(client))
//	logger = zap.New(core, zap.AddCaller())
//
// An entry becomes an event like this:
//
//   - The first field that is an error becomes the exception, with its chain.
//     The exception has the stack of the call that logged it, unless the error
//     has its own. With zap.AddCaller the stack ends at the caller that zap
//     names. Further errors are extra data.
//   - The event has the message, the level and the logger's name of the entry.
//   - A field whose value is a raven.CaptureOption is applied to the event.
//     Other cores skip it if [Apply] made it.
//   - A field made by [Context] names the raven.Context of the event.
//   - All other fields are extra data. Namespaces are nested.
//
// By default, entries from the error level up become events. Other entries from
// the info level up become breadcrumbs, with their fields as data.
package ravenzap
