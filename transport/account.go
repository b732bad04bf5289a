package transport

import (
	"context"
	"sync"
)

// account counts packets from their acceptance to the return of their
// callback. Every transport that has something to wait for keeps one.
type account struct {
	mu      sync.Mutex
	last    ticket // the newest that was handed out
	pending int
	closed  bool
	waits   []*settlement
}

// ticket numbers an accepted packet.
type ticket uint64

// settlement waits for the packets that were pending when it was asked for.
type settlement struct {
	upTo ticket
	left int // guarded by account.mu
	done chan struct{}
}

// accept counts a packet in; it refuses once the account is closed.
func (a *account) accept() (ticket, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return 0, false
	}
	a.last++
	a.pending++
	return a.last, true
}

// settle counts a packet out.
func (a *account) settle(t ticket) {
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

// settlement returns what waits for everything accepted so far.
func (a *account) settlement() *settlement {
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

// left returns how many packets a settlement still waits for.
func (a *account) left(w *settlement) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return w.left
}

// forget stops a settlement that nobody waits for any more.
func (a *account) forget(w *settlement) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, other := range a.waits {
		if other == w {
			a.waits = append(a.waits[:i], a.waits[i+1:]...)
			return
		}
	}
}

// close refuses packets from now on; it reports whether it was open.
func (a *account) close() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	wasOpen := !a.closed
	a.closed = true
	return wasOpen
}

// flush waits until everything accepted so far is settled.
func (a *account) flush(ctx context.Context) error {
	w := a.settlement()
	select {
	case <-w.done:
		return nil
	default:
	}
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		defer a.forget(w)
		if left := a.left(w); left > 0 {
			return &UndeliveredError{Pending: left, Err: context.Cause(ctx)}
		}
		return nil
	}
}
