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

// callers returns the stack of the goroutine that logged the record.
func (a *Adapter) callers(r *Record) []uintptr {
	if r.At != 0 || len(a.inside) == 0 {
		return callersFrom(r.At)
	}
	return callersOutside(a.inside)
}

// callersFrom returns the stack of this goroutine from pc on. pc is a return
// address, as from runtime.Callers, or the address of a call, as in
// runtime.Frame. If pc is zero or not on the stack, the result is nil.
func callersFrom(pc uintptr) []uintptr {
	if pc == 0 {
		return nil
	}
	var pcs [maxCallers]uintptr
	n := runtime.Callers(2, pcs[:])
	for i, p := range pcs[:n] {
		if p == pc || p == pc+1 {
			return slices.Clone(pcs[i:n])
		}
	}
	return nil
}

// callersOutside returns the stack of this goroutine without its innermost
// functions that are in this package or have one of the prefixes.
func callersOutside(prefixes []string) []uintptr {
	var pcs [maxCallers]uintptr
	n := runtime.Callers(2, pcs[:])
	for i := range n {
		if name := functionAt(pcs[i]); !strings.HasPrefix(name, self) && !hasPrefix(name, prefixes) {
			return slices.Clone(pcs[i:n])
		}
	}
	return nil
}

// own reports whether a client logged the record, such as that events can't be
// delivered. An event about it would fail as well, and would be logged in turn.
// own looks at the call that made the record, at ctx, and at the stack. It also
// looks at the text, because a handler of the program may pass the record to
// another library on another goroutine.
func own(ctx context.Context, pc uintptr, message string) bool {
	return isOwn(pc) || guard.Own(ctx) || guard.OwnText(message)
}

// ownPackages are the prefixes of functions that log for a client.
var ownPackages = []string{
	"github.com/ravenkit/ravenkit/raven.",
	"github.com/ravenkit/ravenkit/transport.",
	"github.com/ravenkit/ravenkit/transport/",
}

func isOwn(pc uintptr) bool { return pc != 0 && hasPrefix(functionAt(pc), ownPackages) }

func functionAt(pc uintptr) string {
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return frame.Function
}

func hasPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}
