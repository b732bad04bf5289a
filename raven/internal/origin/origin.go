// Package origin says how a capture came about, between the client and the
// adapters of logging libraries. It holds two options that programs have no use
// for, which is why package raven does not export them.
package origin

// Logged and LoggedText are of type raven.CaptureOption, which this package
// can't import: package raven sets them as it is initialised, and nothing does
// later. Logged says that the error is one that a log record is about,
// LoggedText that it was made of the text that a log record has of it.
var Logged, LoggedText any
