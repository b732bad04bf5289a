package raven

import (
	"errors"
	"runtime"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
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
	case "(*Client).report", "(*Client).deliver", "(*Client).send":
		return true
	}
	return false
}
