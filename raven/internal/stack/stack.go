package stack

import (
	"runtime"
	"strings"
)

// MaxFrames limits a stack, from the innermost call outwards. Sentry shows 50
// frames in full and cuts at about 250.
const MaxFrames = 128

// Stack is a list of calls, the innermost first; nil if there are none.
type Stack []*Call

// Arena is the memory for the stacks of one event. The zero value is ready. It
// is not safe for concurrent use.
type Arena struct {
	calls []*Call
	pcs   [MaxFrames]uintptr
}

// Reset frees the memory for other stacks. Earlier stacks must not be used any
// more.
func (a *Arena) Reset() { a.calls = a.calls[:0] } // calls live as long as the program

// Large reports whether the arena holds more memory than most events need.
func (a *Arena) Large() bool { return cap(a.calls) > 8*MaxFrames }

// Of resolves return addresses, the innermost call first, as [runtime.Callers]
// returns them. It leaves out the innermost calls of the client and the start
// of the goroutine.
func (a *Arena) Of(pcs []uintptr) Stack {
	start := len(a.calls)
	for _, pc := range pcs {
		for r := Resolve(pc); r != nil && len(a.calls)-start < 2*MaxFrames; r = r.outer {
			if len(a.calls) > start || !r.Own {
				a.calls = append(a.calls, r)
			}
		}
	}
	for len(a.calls) > start && a.calls[len(a.calls)-1].bottom {
		a.calls = a.calls[:len(a.calls)-1]
	}
	if len(a.calls) == start {
		return nil
	}
	return a.calls[start:len(a.calls):len(a.calls)]
}

// Here returns the stack of the goroutine.
func (a *Arena) Here() Stack { return a.Of(a.pcs[:runtime.Callers(4, a.pcs[:])]) }

// Panic returns the stack of the panic that was just recovered: the calls below
// runtime.gopanic, without the runtime's functions that turn a fault into a
// panic.
func (a *Arena) Panic() Stack {
	pcs := a.pcs[:runtime.Callers(4, a.pcs[:])]
	for i, pc := range pcs {
		if r := Resolve(pc); r == nil || r.Module != "runtime" || r.Function != "gopanic" {
			continue
		}
		rest := pcs[i+1:]
		for len(rest) > 1 {
			if r := Resolve(rest[0]); r != nil && !r.OfRuntime() {
				break
			}
			rest = rest[1:]
		}
		return a.Of(rest)
	}
	return a.Of(pcs)
}

// Shared counts the outermost calls that two stacks have in common.
func (s Stack) Shared(other Stack) (n int) {
	for n < min(len(s), len(other)) && s[len(s)-1-n].same(other[len(other)-1-n]) {
		n++
	}
	return n
}

// same reports whether two calls are at the same place. Their program counters
// may differ: some errors packages store the call, some the return address.
func (r *Call) same(other *Call) bool {
	return r == other || r.Lineno == other.Lineno && r.AbsPath == other.AbsPath && r.Function == other.Function && r.Module == other.Module
}

// Near reports whether two stacks are in one function, or in a function and one
// that it called: they part at calls of one function, and at least one of these
// is innermost.
func (s Stack) Near(other Stack) bool {
	n := s.Shared(other)
	s, other = s[:len(s)-n], other[:len(other)-n]
	if len(s) == 0 || len(other) == 0 {
		return n > 0
	}
	a, b := s[len(s)-1], other[len(other)-1]
	return a.Function == b.Function && a.Module == b.Module && (len(s) == 1 || len(other) == 1)
}

// InInit reports whether the stack goes through a package's initialisation.
func (s Stack) InInit() bool {
	for _, r := range s {
		if r.Function == "init" || strings.HasPrefix(r.Function, "init.") && !strings.Contains(r.Function, ".func") {
			return true
		}
	}
	return false
}

// PC returns the program counter.
func (r *Call) PC() uintptr { return r.pc }
