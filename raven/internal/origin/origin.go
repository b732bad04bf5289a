// Package origin passes two options from package raven to the adapters of
// logging libraries. They tell the client that a capture comes from a log
// record. Programs don't need them, so package raven does not export them. It
// must not import package raven, which imports it.
package origin

// Logged and LoggedText hold a raven.CaptureOption each. Package raven sets
// them during its initialization, and nothing changes them later. Logged says
// that a log record has the captured error. LoggedText says that the captured
// error is made from the error's text in a log record.
var Logged, LoggedText any
