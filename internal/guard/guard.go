// Package guard is where the client calls what belongs to the program: methods
// of its errors and values, functions that it handed in, its logger. A panic
// there must not hurt the program, and a method that captures or logs must not
// do so for ever.
package guard

import "sync/atomic"

// calls counts the calls into the program that are under way.
var calls atomic.Int64

// Enter and Leave stand around a call into the program. What is called may
// capture something, and so be called again.
func Enter() { calls.Add(1) }

// Leave ends what Enter began.
func Leave() { calls.Add(-1) }

// Inside reports whether any goroutine is in such a call. While none is, no
// capture is inside another, and the stack need not be looked at.
func Inside() bool { return calls.Load() > 0 }

// Do calls fn and returns the value of its panic, nil if there is none.
func Do(fn func()) (panicked any) {
	Enter()
	defer func() {
		Leave()
		panicked = recover()
	}()
	fn()
	return nil
}
