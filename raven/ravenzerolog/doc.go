// Package ravenzerolog reports what a program logs with github.com/rs/zerolog:
// errors become events, and what was logged before them becomes their
// breadcrumbs.
//
//	logger := zerolog.New(zerolog.MultiLevelWriter(os.Stderr, ravenzerolog.NewWriter(client)))
//
// zerolog has turned a record into JSON by the time anybody else sees it, so an
// error is no more than its text: its type and what it wraps are lost. Of a
// record that becomes an event
//
//   - the error field becomes an exception, with the stack of the call that
//     logged it; of one that is an object the exception has the message, and the
//     object is extra data as well;
//   - the message is the event's message, the level its level;
//   - all other fields are extra data.
//
// Give each request a logger whose writer was made by [Writer.WithContext]: then
// its breadcrumbs and events are those of the request.
package ravenzerolog
