package raven

import "runtime"

// maxFrames is how much of a stack is kept, from the innermost call outwards.
// Sentry shows 50 frames with everything and cuts at about 250.
const maxFrames = 128

// packagePath is this package's; its frames are not the program's.
const packagePath = "github.com/ravenkit/ravenkit/raven"

// calls is a stack that the client found itself, the innermost call first.
type calls []*resolved

// callers records the stack of the goroutine, without the client's own frames,
// or that which the capture was given.
func (d *draft) callers() calls {
	if d.here == nil && d.counters != nil {
		d.here = d.calls(d.counters)
	} else if d.here == nil {
		n := runtime.Callers(3, d.pcs[:])
		d.here = d.calls(d.pcs[:n])
	}
	return d.here
}

// calls resolves return addresses, the innermost call first as
// [runtime.Callers] gives them. It is nil if nothing is left.
func (d *draft) calls(pcs []uintptr) calls {
	start := len(d.found)
	for _, pc := range pcs {
		for r := resolve(pc); r != nil && len(d.found)-start < 2*maxFrames; r = r.outer {
			if len(d.found) > start || !r.own {
				d.found = append(d.found, r)
			}
		}
	}
	for len(d.found) > start && d.found[len(d.found)-1].bottom {
		d.found = d.found[:len(d.found)-1]
	}
	if len(d.found) == start {
		return nil
	}
	return d.found[start:len(d.found):len(d.found)]
}

// trace returns a stack as an event holds it, nil for an empty one.
func (d *draft) trace(stack calls) *Stacktrace {
	if len(stack) == 0 {
		return nil
	}
	d.traces = append(d.traces, Stacktrace{found: stack})
	return &d.traces[len(d.traces)-1]
}

// shared counts the outermost calls that two stacks have in common.
func (s calls) shared(other calls) (n int) {
	for n < min(len(s), len(other)) && s[len(s)-1-n].same(other[len(other)-1-n]) {
		n++
	}
	return n
}

// same reports whether two frames are the same place. Their program counters
// may differ: some errors packages store the call, some the return address.
func (r *resolved) same(other *resolved) bool {
	return r == other || r.Lineno == other.Lineno && r.AbsPath == other.AbsPath && r.Function == other.Function && r.Module == other.Module
}

// panicCallers records the stack of the panic that a deferred function has
// just recovered: what stands above runtime.gopanic is the recovering, and the
// runtime's own functions below it are how a fault became a panic.
func (d *draft) panicCallers() calls {
	if d.counters != nil {
		return d.calls(d.counters)
	}
	pcs := d.pcs[:runtime.Callers(3, d.pcs[:])]
	for i, pc := range pcs {
		if r := resolve(pc); r == nil || r.Module != "runtime" || r.Function != "gopanic" {
			continue
		}
		rest := pcs[i+1:]
		for len(rest) > 1 {
			if r := resolve(rest[0]); r != nil && r.Module != "runtime" && !below(r.Module, "internal/runtime") {
				break
			}
			rest = rest[1:]
		}
		return d.calls(rest)
	}
	return d.calls(pcs)
}
