package logrecord

import (
	"context"
	"runtime"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/internal/guard"
)

// maxCallers limits a stack. The client keeps no more frames either.
const maxCallers = 128

// self is the prefix of the names of this package's functions.
const self = "github.com/ravenkit/ravenkit/raven/internal/logrecord."

// callers returns the stack of the goroutine that logged the record, or nil if
// it does not find where the stack begins. Record.At is a return address, as
// from runtime.Callers, or the address of a call, as in runtime.Frame.
func (a *Adapter) callers(r *Record) []uintptr {
	var pcs [maxCallers]uintptr
	stack := pcs[:runtime.Callers(2, pcs[:])]
	begin := slices.IndexFunc(stack, func(pc uintptr) bool {
		if r.At != 0 || len(a.inside) == 0 {
			return pc == r.At || pc == r.At+1
		}
		name := functionAt(pc)
		return !strings.HasPrefix(name, self) && !hasPrefix(name, a.inside)
	})
	if begin < 0 {
		return nil
	}
	return slices.Clone(stack[begin:])
}

// own reports whether a client logged the record, such as that events can't be
// delivered. An event about it would fail as well, and would be logged in turn.
// own looks at the call that made the record, at ctx, and at the stack. It also
// looks at the text, because a handler of the program may pass the record to
// another library on another goroutine.
func own(ctx context.Context, pc uintptr, message string) bool {
	return pc != 0 && hasPrefix(functionAt(pc), ownPackages) || guard.Own(ctx) || guard.OwnText(message)
}

// ownPackages are the prefixes of functions that log for a client.
var ownPackages = []string{
	"github.com/ravenkit/ravenkit/raven.",
	"github.com/ravenkit/ravenkit/transport.",
	"github.com/ravenkit/ravenkit/transport/",
}

func functionAt(pc uintptr) string {
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return frame.Function
}

func hasPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}
