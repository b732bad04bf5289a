// Package gate decides which events go on, and counts: a throttle and a rate by
// key, the backoff after failures, the ledger of outcomes.
//
// It knows keys, times and words. It must not know events, clients or
// transports.
package gate

import (
	"container/list"
	"sync"
	"time"
)

// maxKeys bounds how many keys a throttle knows at a time.
const maxKeys = 1000

// Throttle lets the first few events of a key pass in every window. It is safe
// for concurrent use.
type Throttle struct {
	limit int
	per   time.Duration

	mu      sync.Mutex
	windows map[uint64]*list.Element // guarded by mu; of *window
	recent  list.List                // guarded by mu; the latest used in front
}

type window struct {
	key    uint64
	begun  time.Time
	passed int
	held   int // back, since the last one that passed
}

// NewThrottle lets limit events of a key pass in a time of per, which begins
// with the first of them. It remembers the latest 1000 keys.
func NewThrottle(limit int, per time.Duration) *Throttle {
	return &Throttle{limit: limit, per: per, windows: make(map[uint64]*list.Element)}
}

// Pass counts an event. It reports whether it may go on, and how many like it
// were held back before.
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

// GiveBack takes back what Pass said of an event that then did not go on.
func (t *Throttle) GiveBack(key uint64, suppressed int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e, ok := t.windows[key]; ok {
		e.Value.(*window).held += suppressed
	}
}
