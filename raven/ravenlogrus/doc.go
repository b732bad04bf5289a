// Package ravenlogrus reports what a program logs with
// github.com/sirupsen/logrus: errors become events, and the entries before them
// become breadcrumbs of these events.
//
//	logrus.AddHook(ravenlogrus.NewHook(client))
//
// An entry becomes an event like this:
//
//   - The error of WithError becomes the exception, with its chain. Without it,
//     the first error in the order of the fields' names does. The exception has
//     the stack of the call that logged it, unless the error has its own.
//     Further errors are extra data.
//   - The event has the message and the level of the entry.
//   - A field whose value is a raven.CaptureOption, such as raven.Fingerprint,
//     is applied to the event.
//   - All other fields are extra data.
//
// By default, entries from the error level up become events. Other entries from
// the info level up become breadcrumbs, with their fields as data.
//
// Log with WithContext. The event has the user, the request and the breadcrumbs
// of the raven.Context in that context.
package ravenlogrus
