// Package ravenzerolog reports what a program logs with github.com/rs/zerolog:
// errors become events, and the records before them become breadcrumbs of these
// events.
//
//	writer := ravenzerolog.NewWriter(client)
//	logger := zerolog.New(zerolog.MultiLevelWriter(os.Stderr, writer))
//
// zerolog passes records to writers as JSON. An error in it is only a text: its
// type and the errors it wraps are lost. A record becomes an event like this:
//
//   - The error field becomes the exception, with the stack of the call that
//     logged it. If the field is an object, the exception has the object's
//     message, and the object is extra data as well.
//   - The event has the message and the level of the record.
//   - All other fields are extra data.
//
// By default, records from the error level up become events. Other records from
// the info level up become breadcrumbs, with their fields as data.
//
// Give each request a logger whose writer is from [Writer.WithContext]. Its
// events and breadcrumbs then belong to the request.
package ravenzerolog
