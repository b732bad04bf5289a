// Package logrecord is what the adapters of logging libraries have in common:
// how a record of any of them becomes an event or a breadcrumb.
package logrecord

import (
	"context"
	"runtime"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/origin"
)

// Record is a log record in the terms of this client.
type Record struct {
	Time    time.Time // zero: now
	Level   raven.Level
	Message string
	Logger  string
	Err     error          // what the record is about; may be nil
	ErrText bool           // Err was made of the text of the error that was logged
	Fields  map[string]any // all that is left
	Callers []uintptr      // from where it was logged; may be nil
	Stack   bool           // whether an event without Err gets them
	Options []raven.CaptureOption
}

// Capture reports the record as an event: of Err, if there is one, with the
// message beside it as in the reference, else of the message.
func (r *Record) Capture(ctx context.Context, to raven.Reporter) string {
	opts := make([]raven.CaptureOption, 0, 7+len(r.Options))
	opts = append(opts, r.Level, raven.Logger(r.Logger), raven.Extra(r.Fields))
	if !r.Time.IsZero() {
		opts = append(opts, raven.Timestamp(r.Time))
	}
	if r.Err != nil || r.Stack {
		opts = append(opts, raven.Callers(r.Callers), raven.Stack(r.Stack))
	}
	if r.Err == nil {
		return to.CaptureMessage(ctx, r.Message, append(opts, r.Options...)...)
	}
	opts = append(opts, raven.Message(r.Message), r.origin())
	return to.CaptureException(ctx, r.Err, append(opts, r.Options...)...)
}

// origin says to the client that the error comes from a log record: if the
// program has captured it itself, it is not another event.
func (r *Record) origin() raven.CaptureOption {
	mark := origin.Logged
	if r.ErrText {
		mark = origin.LoggedText
	}
	option, _ := mark.(raven.CaptureOption)
	return option
}

// Breadcrumb records the record as a breadcrumb, with the logger's name as its
// category (protocol 6.4).
func (r *Record) Breadcrumb(ctx context.Context, to raven.Reporter) {
	data := r.Fields
	if r.Err != nil {
		data = make(map[string]any, len(r.Fields)+1)
		for k, v := range r.Fields {
			data[k] = v
		}
		data["error"] = guard.Error(r.Err)
	}
	category := r.Logger
	if category == "" {
		category = "log"
	}
	to.CaptureBreadcrumb(ctx, raven.Breadcrumb{
		Timestamp: r.Time, Category: category, Message: r.Message, Level: r.Level, Data: data,
	})
}

// patience bounds the wait for the delivery of what is reported last.
const patience = 5 * time.Second

// Deliver waits until what was reported is delivered, for five seconds at most:
// after it the program may end. During an outage it takes all of them. The error
// is that of [raven.Client.Flush].
func Deliver(client *raven.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return client.Flush(ctx)
}

// maxCallers bounds a stack; the client keeps no more frames either.
const maxCallers = 128

// CallersFrom returns the stack of this goroutine from the program counter at
// which something was logged, without the functions of the logging library
// above it. It takes return addresses, as runtime.Callers gives them, and those
// of calls, as in runtime.Frame. If pc is not on the stack, or zero, it returns
// nil.
func CallersFrom(pc uintptr) []uintptr {
	if pc == 0 {
		return nil
	}
	var pcs [maxCallers]uintptr
	n := runtime.Callers(2, pcs[:])
	for i, p := range pcs[:n] {
		if p == pc || p == pc+1 {
			return append([]uintptr(nil), pcs[i:n]...)
		}
	}
	return nil
}

// CallersOutside returns the stack of this goroutine without the functions on
// top whose names begin with one of the prefixes.
func CallersOutside(prefixes ...string) []uintptr {
	var pcs [maxCallers]uintptr
	n := runtime.Callers(2, pcs[:])
	for i := range n {
		if !hasPrefix(functionAt(pcs[i]), prefixes) {
			return append([]uintptr(nil), pcs[i:n]...)
		}
	}
	return nil
}

// Own reports whether a record is a client's own, such as that events can't be
// delivered. To make events of such records would go round in circles: they would
// fail as the others do, and be logged in turn. They are known by the call that
// made them, by ctx, by the stack, and, where a handler of the program has carried
// them to another goroutine and another library, by their text.
func Own(ctx context.Context, pc uintptr, message string) bool {
	return IsOwn(pc) || guard.Own(ctx) || guard.OwnText(message)
}

// own are the packages whose functions log for a client.
var own = []string{
	"github.com/ravenkit/ravenkit/raven.",
	"github.com/ravenkit/ravenkit/transport.",
	"github.com/ravenkit/ravenkit/transport/",
}

// IsOwn reports whether the client itself logged at pc.
func IsOwn(pc uintptr) bool { return pc != 0 && hasPrefix(functionAt(pc), own) }

func functionAt(pc uintptr) string {
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return frame.Function
}

func hasPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
