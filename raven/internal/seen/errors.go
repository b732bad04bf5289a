// Package seen remembers which errors were reported, so that one is not
// reported twice: in a Context, by the error itself, and among the latest of a
// client, by what they say and where they were reported.
//
// It knows errors and stacks. It must not know events or clients.
package seen

import (
	"sync"
	"time"
)

const (
	// maxErrors bounds the errors that a Context remembers.
	maxErrors = 16
	// keptFor is how long it remembers each of them.
	keptFor = 5 * time.Minute
)

// Way is how an error came to be captured.
type Way uint8

// The ways.
const (
	ByProgram Way = iota // by a call of CaptureException
	ByReturn             // a function that Wrap called returned it
	ByLog                // a log record is about it
	ByPanic              // it is the value of a panic
	// Ways is how many there are.
	Ways
)

// Errors are the latest errors that were captured with one Context. An
// error is remembered as the pointer that it is; others are values, which say
// nothing of whether they are the same. It is safe for concurrent use.
type Errors struct {
	mu      sync.Mutex
	list    []sighting // guarded by mu; a ring, once it is full
	next    int        // guarded by mu; the oldest, once the ring is full
	tickets uint32     // guarded by mu; the last one given
}

// sighting is an error that was handed on to be delivered.
type sighting struct {
	err    error
	at     time.Time
	how    Way
	again  bool   // it was captured more than once, so that it is no single occasion
	ticket uint32 // of the event; 0 once that was lost
}

// Known are the errors that are remembered at a time.
type Known struct {
	list [maxErrors]sighting
	n    int
}

// At returns what is remembered at a time.
func (s *Errors) At(now time.Time) (k Known) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.list {
		if e.ticket != 0 && now.Sub(e.at) < keptFor {
			k.list[k.n] = e
			k.n++
		}
	}
	return k
}

// Empty reports whether there are none.
func (k *Known) Empty() bool { return k.n == 0 }

// Has reports whether an error was captured once, in another way than how;
// [Ways] stands for none.
func (k *Known) Has(err error, how Way) bool {
	for i := range k.n {
		if e := &k.list[i]; e.err == err && e.how != how && !e.again {
			return true
		}
	}
	return false
}

// Add remembers an error and returns the ticket with which to forget it.
func (s *Errors) Add(err error, how Way, now time.Time) (ticket uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tickets = max(s.tickets+1, 1)
	made := sighting{err: err, at: now, how: how, ticket: s.tickets}
	for i := range s.list {
		if e := &s.list[i]; e.err == err {
			made.again = e.ticket != 0
			*e = made
			return made.ticket
		}
	}
	if len(s.list) < maxErrors {
		s.list = append(s.list, made)
		return made.ticket
	}
	s.list[s.next] = made
	s.next = (s.next + 1) % maxErrors
	return made.ticket
}

// Forget forgets the error with a ticket.
func (s *Errors) Forget(ticket uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.list {
		if s.list[i].ticket == ticket {
			s.list[i].err, s.list[i].ticket = nil, 0
		}
	}
}

// Clear forgets all errors.
func (s *Errors) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list, s.next = nil, 0
}
