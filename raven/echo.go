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

// isEcho reports whether a record of a client's log caused the capture: its
// handler captures directly, with its context, its message or its error.
func (d *draft) isEcho(ctx context.Context, ev *Event) bool {
	if !guard.Logged() {
		return false
	}
	return guard.Own(ctx) || ev != nil && guard.OwnText(ev.Message) || slices.ContainsFunc(d.chain.Links, isOurs)
}

// isOurs reports whether an error is one by which a client reports a loss.
func isOurs(l errchain.Link) bool {
	return program.Below(l.Type.Module, transportPath) || program.Below(l.Type.Module, clientPath)
}

const (
	clientPath    = "github.com/ravenkit/ravenkit/raven"
	transportPath = "github.com/ravenkit/ravenkit/transport"
)

// maxNested is how deep captures may nest on a goroutine, each made by a
// function that the client calls for the one before.
const maxNested = 3

var errNested = errors.New("a function that the client calls for its events captures more of them, which it is called for in turn")

// nested reports whether captures nest too deep on the goroutine; they would
// exhaust its stack.
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

// isCapture reports whether a function runs a whole capture.
func isCapture(function string) bool {
	return function == "(*Client).capture" || function == "(*Client).Deliver" || function == "(*Client).Send"
}
