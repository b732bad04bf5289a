package raven

import (
	"fmt"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/raven/internal/gate"
)

// Stats counts the events of a client since it was made. Captured is the sum of
// the others, without Recovered.
type Stats struct {
	// Captured counts all captures, by any method.
	Captured uint64
	// Pending counts events without an outcome.
	Pending uint64
	// The others count the outcomes of the same names; see [OutcomeKind].
	Delivered, Sampled, Filtered, Ignored, Throttled, Spooled                     uint64
	RateLimited, Backoff, QueueFull, TooLarge, Rejected, Network, Closed, Invalid uint64
	// Recovered counts the events that an earlier process left on disk
	// (spool_dir), and that this client delivered.
	Recovered uint64
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

// Lost returns the number of lost events: the sum of the kinds that are
// [OutcomeKind.Lost].
func (s Stats) Lost() (n uint64) {
	counts := s.counts()
	for _, count := range counts[firstLoss:] {
		n += *count
	}
	return n
}

// String returns the counts that are not 0, for example
// "5 captured: 3 delivered, 2 pending; 1 recovered".
func (s Stats) String() string {
	text := fmt.Sprintf("%d captured", s.Captured)
	sep := ": "
	add := func(n uint64, word string) {
		if n > 0 {
			text += fmt.Sprintf("%s%d %s", sep, n, word)
			sep = ", "
		}
	}
	for i, n := range s.counts() {
		add(*n, string(outcomeKinds[i]))
	}
	add(s.Pending, gate.Pending)
	sep = "; "
	add(s.Recovered, "recovered")
	return text
}

// counts returns the fields in the order of outcomeKinds.
func (s *Stats) counts() [len(outcomeKinds)]*uint64 {
	return [...]*uint64{
		&s.Delivered, &s.Sampled, &s.Filtered, &s.Ignored, &s.Throttled, &s.Spooled,
		&s.RateLimited, &s.Backoff, &s.QueueFull, &s.TooLarge, &s.Rejected, &s.Network, &s.Closed, &s.Invalid,
	}
}

// counters hold the data of Stats. The zero value is ready.
type counters struct {
	captured  atomic.Uint64
	recovered atomic.Uint64
	outcomes  [len(outcomeKinds)]atomic.Uint64
	untold    [len(outcomeKinds)]atomic.Uint64 // losses that no caller was told of
}

// stats needs no lock to be consistent: an event is counted as captured before
// it is counted as anything else, and captures are read last.
func (c *counters) stats() Stats {
	var s Stats
	var sum uint64
	for i, n := range s.counts() {
		*n = c.outcomes[i].Load()
		sum += *n
	}
	s.Captured = c.captured.Load()
	s.Pending = s.Captured - sum
	s.Recovered = c.recovered.Load()
	return s
}

// Stats returns the numbers of captured events by outcome. The counts always
// add up. A disabled client counts nothing.
func (c *Client) Stats() Stats {
	if !c.Enabled() {
		return Stats{}
	}
	return c.counters.stats()
}

// Ledger returns the outcomes of the latest events by id: the [OutcomeKind],
// followed by ": " and details if there are some, as in "rejected: 403 project
// is gone", or "pending". An event of an earlier process that this client
// delivered is "recovered". Ignored errors have no id and are left out.
// forgotten counts older events that were dropped from the ledger. It keeps
// 1000 events unless [WithLedger] says otherwise.
//
// The map is the caller's. A disabled client returns an empty one.
func (c *Client) Ledger() (outcomes map[string]string, forgotten uint64) {
	if !c.Enabled() {
		return map[string]string{}, 0
	}
	return c.ledger.Read()
}

// WithLedger sets the number of events that [Client.Ledger] keeps; the default
// is 1000. An event takes about 100 bytes. Zero keeps none and counts all as
// forgotten. A negative number is an error.
func WithLedger(n int) Option {
	return number("WithLedger", n, func(cfg *config) { cfg.ledger = n })
}
