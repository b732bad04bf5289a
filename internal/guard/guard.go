// Package guard calls code of the program: methods of its errors and values,
// functions that it passed in, its logger. A panic there must not affect the
// program, and a method that captures or logs must not do so for ever. The
// package must not know the client.
package guard

import "sync/atomic"

// calls is the number of calls into the program that are running.
var calls atomic.Int64

// Enter marks the start of a call into the program, and Leave its end. The
// called code may capture, and so cause another call.
func Enter() { calls.Add(1) }

// Leave marks the end of a call.
func Leave() { calls.Add(-1) }

// Inside reports whether any goroutine is in such a call. If none is, no
// capture is inside another, and the stack need not be inspected.
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
