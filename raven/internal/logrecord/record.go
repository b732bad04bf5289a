// Package logrecord is what the adapters of logging libraries have in common:
// their configuration, and how a record becomes an event or a breadcrumb. It
// knows no logging library.
package logrecord

import (
	"maps"
	"slices"
	"time"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/origin"
)

// Record is a log record in the terms of this client. An adapter makes it for
// one call of [Adapter.Report], which changes it.
type Record struct {
	Time    time.Time // zero: now
	Level   int       // as in Levels
	Message string
	Logger  string         // empty: Adapter.Logger
	Err     error          // what the record is about; may be nil
	ErrText bool           // Err was made from the text of the error that was logged
	Fields  map[string]any // the other fields; nil if there are none
	PC      uintptr        // where it was logged; zero: unknown
	At      uintptr        // where its stack begins; zero: outside of the library
	Options []raven.CaptureOption
}

// Take reads the value of a field. It keeps an option and the first error, and
// reports false. Other values stay in the field, as it returns them.
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

// origin tells the client that the error comes from a log record. If the program
// has captured the error itself, it is not another event.
func (r *Record) origin() raven.CaptureOption {
	mark := origin.Logged
	if r.ErrText {
		mark = origin.LoggedText
	}
	option, _ := mark.(raven.CaptureOption)
	return option
}

// breadcrumb has the logger's name as its category, as Raven for Python has it.
func (r *Record) breadcrumb(level raven.Level) raven.Breadcrumb {
	data := r.Fields
	if r.Err != nil {
		data = make(map[string]any, len(r.Fields)+1)
		maps.Copy(data, r.Fields)
		data["error"] = guard.Error(r.Err)
	}
	category := r.Logger
	if category == "" {
		category = "log"
	}
	return raven.Breadcrumb{Timestamp: r.Time, Category: category, Message: r.Message, Level: level, Data: data}
}
