package gate

import "sync"

// Pending is the entry of an event without an outcome.
const Pending = "pending"

// Ledger keeps the outcomes of the latest events. Its zero value counts all as
// forgotten.
type Ledger struct {
	Size int // how many it keeps; 0: it only counts

	mu      sync.Mutex
	entries []ledgerEntry // guarded by mu; a ring, by ticket, that grows to Size
	opened  uint64        // guarded by mu; the last ticket
}

// ledgerEntry is one event. A later event that takes its place has another
// ticket.
type ledgerEntry struct {
	ticket   uint64
	id, fate string // fate is empty while the event is pending
}

// Open adds an event and returns its ticket. The ring grows as needed: most
// programs report little.
func (l *Ledger) Open(id, fate string) (ticket uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := ledgerEntry{ticket: l.opened, id: id, fate: fate}
	l.opened++
	if l.Size == 0 {
		return e.ticket
	}
	if len(l.entries) < l.Size {
		l.entries = append(l.entries, e)
	} else {
		l.entries[e.ticket%uint64(l.Size)] = e
	}
	return e.ticket
}

// Close sets the outcome of an event that is still in the ledger.
func (l *Ledger) Close(ticket uint64, fate string) {
	if l.Size == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := &l.entries[ticket%uint64(l.Size)]; e.ticket == ticket {
		e.fate = fate
	}
}

// Read returns the outcomes by id, and the number of events that were dropped
// from the ledger. The outcome of an open event is Pending.
func (l *Ledger) Read() (outcomes map[string]string, forgotten uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	outcomes = make(map[string]string, len(l.entries))
	n := uint64(len(l.entries))
	for i := range n {
		e := &l.entries[(l.opened+i)%n] // oldest first, so that the later of two events with one id counts
		outcomes[e.id] = e.fate
		if e.fate == "" {
			outcomes[e.id] = Pending
		}
	}
	return outcomes, l.opened - n
}
