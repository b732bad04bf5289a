package sentrytest

import (
	"context"
	"errors"
)

// ErrClosed is the cause of a wait that ended because the server was closed.
var ErrClosed = errors.New("sentrytest: server closed")

// Wait returns the first n events that meet all predicates, in the order of their arrival, as soon as there are that many; events that
// arrived before the call count. If ctx ends first, or the server closes, the error is a [*WaitError] that lists what
// arrived instead, and the events that did match are returned with it.
//
// An event counts from the moment in which the server has it, which may be shortly before its client has the answer.
// A Clear during the wait makes the count start over. The events of a wait that succeeds are claimed: see
// [FailOnUnclaimed].
func (s *Server) Wait(ctx context.Context, n int, preds ...Predicate) ([]Event, error) {
	return waitAndClaim(ctx, s, n, preds)
}

func (s *Server) await(ctx context.Context, n int, preds []Predicate) ([]Event, error) {
	return s.scope().await(ctx, s, n, preds)
}

// awaiter is a source whose events can be waited for without being claimed.
type awaiter interface {
	Source
	await(ctx context.Context, n int, preds []Predicate) ([]Event, error)
	Claim(events ...Event)
}

func waitAndClaim(ctx context.Context, src awaiter, n int, preds []Predicate) ([]Event, error) {
	events, err := src.await(ctx, n, preds)
	if err == nil {
		src.Claim(events...)
	}
	return events, err
}
