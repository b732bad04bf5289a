// Package ravenlogrus reports what a program logs with
// github.com/sirupsen/logrus: errors become events, and what was logged before
// them becomes their breadcrumbs.
//
//	logrus.AddHook(ravenlogrus.NewHook(client))
//
// Of an entry that becomes an event
//
//   - the field of WithError, else the first by name that is an error, becomes
//     the exception, with its chain and the stack of the call that logged it
//     unless it has its own; further errors are data;
//   - the message is the event's message, the level its level;
//   - a field whose value is a raven.CaptureOption, such as raven.Fingerprint,
//     is applied to the event;
//   - all other fields are extra data.
//
// Log with WithContext: the context decides which raven.Context the event gets
// its user, request and breadcrumbs from.
package ravenlogrus
