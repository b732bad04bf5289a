package raven

import (
	"strconv"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
)

// Thread is one goroutine of an event that shows several (protocol 5.2).
type Thread struct {
	// ID is the goroutine's number.
	ID int64
	// Name is for people.
	Name string
	// State is what it was doing, such as chan receive.
	State string
	// Crashed marks the one that ended the program, Current the one that the
	// event is about.
	Crashed, Current bool
	// Stacktrace is where it was; nil if it is that of the exception whose
	// ThreadID is the ID.
	Stacktrace *Stacktrace
}

func (e *encoder) appendThreads(dst []byte, threads []Thread) []byte {
	dst = append(dst, `"threads":{"values":[`...)
	for i := range threads {
		t := &threads[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(append(dst, `{"id":`...), t.ID, 10)
		dst = jsontext.AppendStringField(dst, `,"name":`, t.Name)
		dst = jsontext.AppendStringField(dst, `,"state":`, t.State)
		dst = strconv.AppendBool(append(dst, `,"crashed":`...), t.Crashed)
		dst = strconv.AppendBool(append(dst, `,"current":`...), t.Current)
		if !t.Stacktrace.empty() {
			dst = e.appendStacktrace(append(dst, `,"stacktrace":`...), t.Stacktrace)
		}
		dst = append(dst, '}')
	}
	return append(dst, `]},`...)
}
