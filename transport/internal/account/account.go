// Package account counts the packets of a transport: what Flush and Close wait
// for.
package account

import (
	"context"
	"slices"
	"sync"
)

// Account counts packets from their acceptance to the return of their callback.
// The zero value is open and empty. An Account is safe for concurrent use.
type Account struct {
	mu      sync.Mutex
	last    Ticket // the newest that was handed out
	pending int
	closed  bool
	waits   []*settlement
}

// Ticket numbers an accepted packet.
type Ticket uint64

// settlement waits for the packets that were pending when it was asked for.
type settlement struct {
	upTo Ticket
	left int // guarded by Account.mu
	done chan struct{}
}

// Accept counts a packet in; it refuses once the account is closed.
func (a *Account) Accept() (Ticket, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return 0, false
	}
	a.last++
	a.pending++
	return a.last, true
}

// Settle counts a packet out.
func (a *Account) Settle(t Ticket) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending--
	kept := a.waits[:0]
	for _, w := range a.waits {
		if t <= w.upTo {
			w.left--
		}
		if w.left == 0 {
			close(w.done)
			continue
		}
		kept = append(kept, w)
	}
	clear(a.waits[len(kept):])
	a.waits = kept
}

// pendingNow returns what waits for everything accepted so far.
func (a *Account) pendingNow() *settlement {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := &settlement{upTo: a.last, left: a.pending, done: make(chan struct{})}
	if w.left == 0 {
		close(w.done)
		return w
	}
	a.waits = append(a.waits, w)
	return w
}

// giveUp stops a settlement that nobody waits for any more, and returns how
// many packets it still waited for.
func (a *Account) giveUp(w *settlement) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := slices.Index(a.waits, w); i >= 0 {
		a.waits = slices.Delete(a.waits, i, i+1)
	}
	return w.left
}

// Pending returns how many packets are accepted and not settled.
func (a *Account) Pending() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pending
}

// Close refuses packets from now on; it reports whether it was open.
func (a *Account) Close() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	wasOpen := !a.closed
	a.closed = true
	return wasOpen
}

// Flush waits until everything accepted so far is settled, or ctx ends; it
// returns how much is left then.
func (a *Account) Flush(ctx context.Context) (left int) {
	w := a.pendingNow()
	select {
	case <-w.done:
		return 0
	default:
	}
	select {
	case <-w.done:
		return 0
	case <-ctx.Done():
		return a.giveUp(w)
	}
}
