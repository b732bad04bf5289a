// Package losses groups the losses of a client or a target, so that a log has
// two lines for an outage and not thousands. It must not know events, packets
// or what is logged.
package losses

import (
	"sync"
	"sync/atomic"
	"time"
)

// quiet is how long after the last loss a success ends a sticky burst.
const quiet = 10 * time.Second

// Burst says when losses begin and when they are over. The zero value is ready
// to use. A Burst is safe for concurrent use.
type Burst struct {
	burning atomic.Bool // a burst has begun and not ended

	mu     sync.Mutex
	begun  time.Time // guarded by mu
	last   time.Time // guarded by mu; the latest loss
	sticky bool      // guarded by mu; the burst stays open across successes
	outage bool      // guarded by mu; a pause has begun, and its end ends the burst
	events int       // guarded by mu
}

// Ended is a burst that is over.
type Ended struct {
	Lost  int           // events
	Began time.Time     // the first loss or the pause
	Took  time.Duration // up to the last loss
}

// Burning reports whether a burst has begun and not ended.
func (b *Burst) Burning() bool { return b.burning.Load() }

// Lose notes a loss and reports whether it begins a burst. After a sticky loss
// a success ends the burst only if ten seconds have passed without a loss.
func (b *Burst) Lose(sticky bool) (first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if first = b.begin(now); first {
		b.outage = false
	}
	b.events++
	b.last, b.sticky = now, sticky
	return first
}

// Pause notes the beginning of an outage and reports whether that begins a
// burst.
func (b *Burst) Pause(since time.Time) (first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first = b.begin(since)
	b.outage = true
	return first
}

// begin begins a burst if there is none. The caller holds the lock.
func (b *Burst) begin(at time.Time) (first bool) {
	if first = !b.burning.Swap(true); first {
		b.begun, b.last, b.events = at, at, 0
	}
	return first
}

// Success notes that something arrived, and ends a burst that is over.
func (b *Burst) Success() (e Ended, over bool) {
	if !b.burning.Load() {
		return e, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.outage || b.sticky && time.Since(b.last) < quiet {
		return e, false
	}
	return b.end()
}

// End ends an outage, and the burst if there is one.
func (b *Burst) End() (e Ended, ended bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.end()
}

// end ends the burst, if there is one. The caller holds the lock.
func (b *Burst) end() (Ended, bool) {
	return Ended{Lost: b.events, Began: b.begun, Took: b.last.Sub(b.begun)}, b.burning.Swap(false)
}
