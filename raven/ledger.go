package raven

import (
	"fmt"
	"sync"
)

// defaultLedger is how many ids a client keeps unless told otherwise.
const defaultLedger = 1000

// pending is the word for an event without an outcome.
const pending = "pending"

// ledger keeps what became of the latest events. Its zero value counts all of
// them as forgotten.
type ledger struct {
	size int // 0: it only counts

	mu      sync.Mutex
	entries []ledgerEntry // guarded by mu; a ring, by ticket, that grows up to size
	opened  uint64        // guarded by mu; the last ticket
}

// ledgerEntry is about one event. An entry that has given way to a later one
// has another ticket.
type ledgerEntry struct {
	ticket   uint64
	id, fate string // fate is empty while the event is pending
}

// open enters an event and returns its ticket. The memory of the ring grows
// with what is entered: most programs report little.
func (l *ledger) open(id, fate string) (ticket uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := ledgerEntry{ticket: l.opened, id: id, fate: fate}
	l.opened++
	if l.size == 0 {
		return e.ticket
	}
	if len(l.entries) < l.size {
		l.entries = append(l.entries, e)
	} else {
		l.entries[e.ticket%uint64(l.size)] = e
	}
	return e.ticket
}

// close enters the outcome of an event, unless that was forgotten meanwhile.
func (l *ledger) close(ticket uint64, fate string) {
	if l.size == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := &l.entries[ticket%uint64(l.size)]; e.ticket == ticket {
		e.fate = fate
	}
}

func (l *ledger) read() (outcomes map[string]string, forgotten uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	outcomes = make(map[string]string, len(l.entries))
	n := uint64(len(l.entries))
	for i := range n {
		e := &l.entries[(l.opened+i)%n] // the oldest first: of two events with one id the later counts
		outcomes[e.id] = e.fate
		if e.fate == "" {
			outcomes[e.id] = pending
		}
	}
	return outcomes, l.opened - n
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
	return c.ledger.read()
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
