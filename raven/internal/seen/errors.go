// Package seen remembers reported errors to prevent repetitions: with a Context
// by the error itself, and for a client by text and place.
//
// It must not know events or clients.
package seen

import (
	"sync"
	"time"
)

const (
	// maxErrors is how many errors a Context remembers.
	maxErrors = 16
	// keptFor is how long it remembers an error.
	keptFor = 5 * time.Minute
)

// Way is how an error came to be captured.
type Way uint8

// The ways.
const (
	ByProgram Way = iota // by a call of CaptureException
	ByReturn             // a function called by Wrap returned it
	ByLog                // it is in a log record
	ByPanic              // it is the value of a panic
	// Ways is how many there are.
	Ways
)

// Errors are the latest errors captured with one Context. They are identified
// as pointers. It is safe for concurrent use.
type Errors struct {
	mu      sync.Mutex
	list    []sighting // guarded by mu; a ring, once it is full
	next    int        // guarded by mu; the oldest, once the ring is full
	tickets uint32     // guarded by mu; the last one given
}

// sighting is an error that was passed on for delivery.
type sighting struct {
	err    error
	at     time.Time
	how    Way
	again  bool   // it was captured more than once, so it may be a sentinel
	ticket uint32 // of the event; 0 if that was lost
}

// Known are the remembered errors at one time.
type Known struct {
	list [maxErrors]sighting
	n    int
}

// At returns the remembered errors.
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

// Has reports whether an error was captured once, in another way than how.
// [Ways] as how excludes none.
func (k *Known) Has(err error, how Way) bool {
	for i := range k.n {
		if e := &k.list[i]; e.err == err && e.how != how && !e.again {
			return true
		}
	}
	return false
}

// Add remembers an error. The ticket is for Forget.
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

// Forget removes the error with a ticket.
func (s *Errors) Forget(ticket uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.list {
		if s.list[i].ticket == ticket {
			s.list[i].err, s.list[i].ticket = nil, 0
		}
	}
}

// Clear removes all errors.
func (s *Errors) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list, s.next = nil, 0
}
