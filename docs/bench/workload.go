package main

import (
	"errors"
	"fmt"
)

// depth is how many calls lie between the start of a goroutine and the place
// where the error is made and captured.
const depth = 10

// release is given to both clients, since each would look for one elsewhere.
const release = "bench@1.0.0"

// messageText is what the captures of messages report.
const messageText = "disk is 93% full"

// newError returns an error that wraps two others, as they come up through the
// layers of a program. Its types carry no stack, so both clients take it.
func newError() error {
	err := errors.New("connection refused")
	err = fmt.Errorf("query users: %w", err)
	return fmt.Errorf("load user %d: %w", 42, err)
}

// descend runs fn at the bottom of n calls.
//
//go:noinline
func descend(n int, fn func()) {
	if n > 1 {
		descend(n-1, fn)
		return
	}
	fn()
}

// atDepth runs fn in a goroutine of its own, so that the stack is the same
// wherever it is called from, and waits for it.
func atDepth(fn func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		descend(depth, fn)
	}()
	<-done
}
