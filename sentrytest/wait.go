package sentrytest

import (
	"context"
	"errors"
	"time"
)

// ErrClosed is the cause of a wait that ended because the server was closed.
var ErrClosed = errors.New("sentrytest: server closed")

// Wait returns the first n events that meet all predicates, in the order of their arrival, as soon as there are that many; events that
// arrived before the call count. If ctx ends first, or the server closes, the error is a [*WaitError] that lists what
// arrived instead, and the events that did match are returned with it.
//
// An event counts from the moment in which the server has it, which may be shortly before its client has the answer.
// A Clear during the wait makes the count start over.
func (s *Server) Wait(ctx context.Context, n int, preds ...Predicate) ([]Event, error) {
	start := time.Now()
	var (
		matched []Event
		seen    int
		cleared = -1
	)
	for {
		s.journal.mu.Lock()
		if s.journal.cleared != cleared {
			cleared, seen, matched = s.journal.cleared, 0, nil
		}
		fresh := s.journal.events[seen:]
		seen = len(s.journal.events)
		changed, closed := s.journal.changed, s.journal.closed
		s.journal.mu.Unlock()

		for _, stored := range fresh {
			if len(matched) >= n {
				break
			}
			if e := stored.get().Clone(); matchesAll(e, preds) {
				matched = append(matched, e)
			}
		}
		if len(matched) >= n {
			return matched, nil
		}
		if closed {
			return matched, s.waitError(ErrClosed, start, n, matched, preds)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return matched, s.waitError(context.Cause(ctx), start, n, matched, preds)
		}
	}
}

func (s *Server) waitError(cause error, start time.Time, n int, matched []Event, preds []Predicate) *WaitError {
	e := newWaitError(s, n, matched, preds)
	e.Cause = cause
	e.Waited = time.Since(start)
	return e
}
