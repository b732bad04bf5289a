// Package logrecord has the code that the adapters of logging libraries share:
// their configuration, and how a record becomes an event or a breadcrumb. It
// must not know a logging library.
package logrecord

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/origin"
)

// Record is a log record of any library. An adapter makes it for one call of
// [Adapter.Report], which changes it.
type Record struct {
	Time    time.Time // zero: now
	Level   int       // as in Levels
	Message string
	Logger  string         // empty: Adapter.Logger
	Err     error          // may be nil
	ErrText bool           // Err is made from the text of the logged error
	Fields  map[string]any // the other fields; nil if there are none
	PC      uintptr        // of the call that logged it; zero: unknown
	At      uintptr        // where its stack begins; zero: outside the library
	Options []raven.CaptureOption
}

// Take reads the value of a field. It adds options and the first error to the
// record and returns false. For other values it returns the field's data and
// true.
func (r *Record) Take(v any) (data any, stays bool) {
	switch v := v.(type) {
	case raven.CaptureOption:
		r.Options = append(r.Options, v)
		return nil, false
	case error:
		if r.Err == nil {
			r.Err = v
			return nil, false
		}
		return guard.Error(v), true
	}
	return v, true
}

// tag makes tags of the fields with these names.
func (r *Record) tag(names []string) {
	var tags raven.Tags
	for name, v := range r.Fields {
		if v == nil || !slices.Contains(names, name) {
			continue
		}
		if tags == nil {
			tags = raven.Tags{}
		}
		tags[name] = guard.Plain(v)
		delete(r.Fields, name)
	}
	if tags != nil {
		r.Options = append(r.Options, tags)
	}
}

// origin returns the option that tells the client that the error comes from a
// log record. If the program captured the same error, the client makes no
// second event.
func (r *Record) origin() raven.CaptureOption {
	mark := origin.Logged
	if r.ErrText {
		mark = origin.LoggedText
	}
	option, _ := mark.(raven.CaptureOption)
	return option
}

// breadcrumb returns the record as a breadcrumb. The category is the logger's
// name, as in Raven for Python.
func (r *Record) breadcrumb(level raven.Level) raven.Breadcrumb {
	data := r.Fields
	if r.Err != nil {
		data = make(map[string]any, len(r.Fields)+1)
		maps.Copy(data, r.Fields)
		data["error"] = guard.Error(r.Err)
	}
	return raven.Breadcrumb{Timestamp: r.Time, Category: cmp.Or(r.Logger, "log"), Message: r.Message, Level: level, Data: data}
}
