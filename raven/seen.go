package raven

import (
	"reflect"
	"sync"
)

// maxSeen bounds the errors that a Context remembers.
const maxSeen = 16

// seen are the errors that were captured with a Context, the latest of them.
// An error is remembered as the pointer that it is; others are values, which
// say nothing of whether they are the same. It is safe for concurrent use.
type seen struct {
	mu   sync.Mutex
	errs []error // guarded by mu; a ring, once it is full
	next int     // guarded by mu; the oldest, once the ring is full
}

// repeats reports whether err wraps an error that was captured before. It
// remembers err otherwise.
func (s *seen) repeats(err error) bool {
	var known [maxSeen]error
	s.mu.Lock()
	n := copy(known[:], s.errs)
	s.mu.Unlock()
	budget := maxExceptions
	if n > 0 && wrapsOne(err, err, known[:n], &budget) {
		return true
	}
	s.add(err)
	return false
}

func (s *seen) add(err error) {
	if reflect.TypeOf(err).Kind() != reflect.Pointer {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, known := range s.errs {
		if known == err {
			return
		}
	}
	if len(s.errs) < maxSeen {
		s.errs = append(s.errs, err)
		return
	}
	s.errs[s.next] = err
	s.next = (s.next + 1) % maxSeen
}

func (s *seen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errs, s.next = nil, 0
}

// wrapsOne reports whether one of the known errors, which are pointers, is
// somewhere below err. root, where the search began, does not count.
func wrapsOne(root, err error, known []error, budget *int) bool {
	many, one := unwrap(err)
	if one != nil {
		many = append(many, one)
	}
	for _, inner := range many {
		if *budget--; *budget < 0 {
			return false
		}
		if inner == nil {
			continue
		}
		if isOne(inner, known) && inner != root && !madeAtStart(inner) {
			return true
		}
		if wrapsOne(root, inner, known, budget) {
			return true
		}
	}
	return false
}

func isOne(err error, known []error) bool {
	if reflect.TypeOf(err).Kind() != reflect.Pointer {
		return false
	}
	for _, k := range known {
		if k == err {
			return true
		}
	}
	return false
}

// repeated reports whether what is captured is an error that wraps one that was
// captured with the same Context before. Panics never are: a crash is more than
// the error that it began with.
func (rc *Context) repeated(what *subject) bool {
	if what.err != nil {
		return rc.seen.repeats(what.err)
	}
	if err, ok := what.panicked.(error); ok {
		rc.seen.add(err)
	}
	return false
}
