// Package account counts the packets of a transport, so that Flush and Close
// can wait for them. It must not import package transport: it knows neither
// packets nor their outcomes.
package account

import (
	"context"
	"slices"
	"sync"
)

// Account counts packets from their acceptance until their callback returns.
// The zero value is open and empty. An Account is safe for concurrent use.
type Account struct {
	mu      sync.Mutex
	last    Ticket // the newest ticket
	pending int
	closed  bool
	waits   []*settlement
}

// Ticket numbers an accepted packet.
type Ticket uint64

// settlement waits for the packets that were pending when it was made.
type settlement struct {
	upTo Ticket
	left int // guarded by Account.mu
	done chan struct{}
}

// Accept counts a packet. It returns false if the account is closed.
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

// Settle removes a packet from the count.
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

// pendingNow returns a settlement of everything accepted so far.
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

// giveUp removes a settlement and returns how many packets were left.
func (a *Account) giveUp(w *settlement) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := slices.Index(a.waits, w); i >= 0 {
		a.waits = slices.Delete(a.waits, i, i+1)
	}
	return w.left
}

// Pending returns the number of packets that are accepted and not settled.
func (a *Account) Pending() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pending
}

// Close makes Accept return false. It reports whether the account was open.
func (a *Account) Close() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	wasOpen := !a.closed
	a.closed = true
	return wasOpen
}

// Flush waits until everything accepted so far is settled or ctx ends. It
// returns how many packets are left.
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
