package raven

import (
	"context"
	"errors"
	"runtime"
	"slices"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/errchain"
	"github.com/ravenkit/ravenkit/raven/internal/program"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// isEcho reports whether a capture comes of a record that a client has logged:
// a handler of the program's own is at one, has handed on its context or its
// message, or captures the error in it.
func (d *draft) isEcho(ctx context.Context, ev *Event) bool {
	if !guard.Logged() {
		return false
	}
	return guard.Own(ctx) || ev != nil && guard.OwnText(ev.Message) || slices.ContainsFunc(d.chain.Links, isOurs)
}

// isOurs reports whether an error is one of those by which the client says that
// an event was lost.
func isOurs(l errchain.Link) bool {
	return program.Below(l.Type.Module, transportPath) || program.Below(l.Type.Module, clientPath)
}

const (
	clientPath    = "github.com/ravenkit/ravenkit/raven"
	transportPath = "github.com/ravenkit/ravenkit/transport"
)

// maxNested is how many captures may stand in one another on a goroutine, each
// made by a function that the client calls for the one before.
const maxNested = 3

var errNested = errors.New("a function that the client calls for its events captures more of them, which it is called for in turn")

// nested reports whether the goroutine is in so many captures that they would
// go on until its stack is exhausted.
func nested() bool {
	if !guard.Inside() {
		return false
	}
	var pcs [512]uintptr
	depth := 0
	for _, pc := range pcs[:runtime.Callers(2, pcs[:])] {
		if r := stack.Resolve(pc); r != nil && r.Own && isCapture(r.Function) {
			if depth++; depth > maxNested {
				return true
			}
		}
	}
	return false
}

// isCapture reports whether a function is one of those in which a whole capture
// happens.
func isCapture(function string) bool {
	switch function {
	case "(*Client).capture", "(*Client).deliver", "(*Client).send":
		return true
	}
	return false
}
