package raven

import (
	"fmt"
	"sync/atomic"
)

// Stats counts the events of a client, from its making on. Captured is the sum
// of all others.
type Stats struct {
	// Captured events are all that were reported, by whichever method.
	Captured uint64
	// Pending events have no outcome yet.
	Pending uint64
	// The others have the outcome of the same name; see [OutcomeKind].
	Delivered, Sampled, Filtered, Ignored, Throttled                              uint64
	RateLimited, Backoff, QueueFull, TooLarge, Rejected, Network, Closed, Invalid uint64
}

// Of returns the count of one kind; 0 for a kind that does not exist.
func (s Stats) Of(kind OutcomeKind) uint64 {
	for i, n := range s.counts() {
		if outcomeKinds[i] == kind {
			return *n
		}
	}
	return 0
}

// Lost returns how many events were meant to arrive and did not: the sum of
// the kinds that are [OutcomeKind.Lost].
func (s Stats) Lost() (n uint64) {
	counts := s.counts()
	for _, count := range counts[firstLoss:] {
		n += *count
	}
	return n
}

// counts returns the fields in the order of outcomeKinds.
func (s *Stats) counts() [len(outcomeKinds)]*uint64 {
	return [...]*uint64{
		&s.Delivered, &s.Sampled, &s.Filtered, &s.Ignored, &s.Throttled,
		&s.RateLimited, &s.Backoff, &s.QueueFull, &s.TooLarge, &s.Rejected, &s.Network, &s.Closed, &s.Invalid,
	}
}

// counters are what Stats is made from. The zero value is ready.
type counters struct {
	captured atomic.Uint64
	outcomes [len(outcomeKinds)]atomic.Uint64
	untold   [len(outcomeKinds)]atomic.Uint64 // losses that no caller has heard of yet
}

// stats is consistent although nothing is locked: an event is counted as
// captured before it is counted as anything else, so what is read of outcomes
// first can't be more than what is read of captures last.
func (c *counters) stats() Stats {
	var s Stats
	var sum uint64
	for i, n := range s.counts() {
		*n = c.outcomes[i].Load()
		sum += *n
	}
	s.Captured = c.captured.Load()
	s.Pending = s.Captured - sum
	return s
}

// Stats returns how many events were captured, and what became of them. At any
// time the counts add up. A disabled client counts nothing.
func (c *Client) Stats() Stats {
	if !c.Enabled() {
		return Stats{}
	}
	return c.counters.stats()
}

// Ledger returns what became of the latest events, by id: the word of the
// [OutcomeKind], with details after ": " where there are some, as in
// "rejected: 403 project is gone", or "pending". Ignored errors have no id and
// are not in it. forgotten counts the events that were too many to keep; how
// many are kept is for [WithLedger] to say, 1000 by default.
//
// The map is the caller's. A disabled client has an empty one.
func (c *Client) Ledger() (outcomes map[string]string, forgotten uint64) {
	if !c.Enabled() {
		return map[string]string{}, 0
	}
	return c.ledger.Read()
}

// WithLedger makes [Client.Ledger] keep the latest n events in place of 1000.
// An event takes some 100 bytes, from its capture on. Zero keeps none, and
// counts all of them as forgotten; less is an error.
func WithLedger(n int) Option {
	return func(cfg *config) error {
		if n < 0 {
			return fmt.Errorf("raven: WithLedger(%d): the number is negative", n)
		}
		cfg.ledger = n
		return nil
	}
}
