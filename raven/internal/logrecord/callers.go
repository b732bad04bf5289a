package logrecord

import (
	"context"
	"runtime"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/internal/guard"
)

// maxCallers bounds a stack; the client keeps no more frames either.
const maxCallers = 128

// self begins the names of this package's functions.
const self = "github.com/ravenkit/ravenkit/raven/internal/logrecord."

// callers returns the stack of the goroutine that logged the record.
func (a *Adapter) callers(r *Record) []uintptr {
	if r.At != 0 || len(a.inside) == 0 {
		return callersFrom(r.At)
	}
	return callersOutside(a.inside)
}

// callersFrom returns the stack of this goroutine from pc on. It takes return
// addresses, as runtime.Callers gives them, and those of calls, as in
// runtime.Frame. If pc is not on the stack, or zero, it returns nil.
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

// callersOutside returns the stack of this goroutine without the functions on
// top that belong to this package, or whose names begin with one of the prefixes.
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

// own reports whether a record is a client's own, such as that events can't be
// delivered. An event about it would fail as well, and be logged in turn. Such
// records are recognized by the call that made them, by ctx, by the stack, and,
// where a handler of the program has passed them to another goroutine and another
// library, by their text.
func own(ctx context.Context, pc uintptr, message string) bool {
	return isOwn(pc) || guard.Own(ctx) || guard.OwnText(message)
}

// ownPackages are those whose functions log for a client.
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
