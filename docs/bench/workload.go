package main

import (
	"errors"
	"fmt"
)

// depth is the number of calls between the start of a goroutine and the place
// where the error is made and captured.
const depth = 10

// release is set for both clients, because each would search for one
// differently.
const release = "bench@1.0.0"

const messageText = "disk is 93% full"

// newError returns an error that wraps two others, as in a program with layers.
// Its types have no stack, so both clients record one.
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

// atDepth runs fn in a new goroutine and waits for it, so that the stack does
// not depend on the caller.
func atDepth(fn func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		descend(depth, fn)
	}()
	<-done
}
