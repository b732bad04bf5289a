// Package gate decides which events pass, and counts: a throttle and a rate by
// key, the pause after failures, the ledger of outcomes.
//
// It must not know events, clients or transports.
package gate

import (
	"container/list"
	"sync"
	"time"
)

// maxKeys is how many keys a throttle keeps.
const maxKeys = 1000

// Throttle limits the events of a key in each window of time. It is safe for
// concurrent use.
type Throttle struct {
	limit int
	per   time.Duration

	mu      sync.Mutex
	windows map[uint64]*list.Element // guarded by mu; of *window
	recent  list.List                // guarded by mu; the latest used first
}

type window struct {
	key    uint64
	begun  time.Time
	passed int
	held   int // dropped since the last one that passed
}

// NewThrottle lets limit events of a key pass in a window of length per, which
// starts with the first of them. It keeps the latest 1000 keys.
func NewThrottle(limit int, per time.Duration) *Throttle {
	return &Throttle{limit: limit, per: per, windows: make(map[uint64]*list.Element)}
}

// Pass counts an event. It reports whether it passes, and how many of its key
// were dropped before it.
func (t *Throttle) Pass(key uint64) (suppressed int, ok bool) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.windowOf(key, now)
	if now.Sub(w.begun) >= t.per {
		w.begun, w.passed = now, 0
	}
	if w.passed >= t.limit {
		w.held++
		return 0, false
	}
	w.passed++
	suppressed, w.held = w.held, 0
	return suppressed, true
}

// windowOf needs the lock.
func (t *Throttle) windowOf(key uint64, now time.Time) *window {
	if e, ok := t.windows[key]; ok {
		t.recent.MoveToFront(e)
		return e.Value.(*window)
	}
	if len(t.windows) >= maxKeys {
		oldest := t.recent.Remove(t.recent.Back()).(*window)
		delete(t.windows, oldest.key)
	}
	w := &window{key: key, begun: now}
	t.windows[key] = t.recent.PushFront(w)
	return w
}

// GiveBack undoes Pass for an event that was dropped later.
func (t *Throttle) GiveBack(key uint64, suppressed int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e, ok := t.windows[key]; ok {
		e.Value.(*window).held += suppressed
	}
}
