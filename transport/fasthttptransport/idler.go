package fasthttptransport

import (
	"sync"
	"time"
)

// idler calls a function when nothing was used for a time. Resetting the timer
// at every use would cost more than the use, so the timer is reset to the
// remaining time when it fires too early.
type idler struct {
	after time.Duration
	idle  func()

	mu      sync.Mutex
	last    time.Time // the last use
	timer   *time.Timer
	stopped bool
}

func newIdler(after time.Duration, idle func()) *idler {
	return &idler{after: after, idle: idle}
}

func (i *idler) used() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last = time.Now()
	if i.timer == nil && !i.stopped {
		i.timer = time.AfterFunc(i.after, i.fired)
	}
}

func (i *idler) fired() {
	if i.isIdle() {
		i.idle()
	}
}

func (i *idler) isIdle() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.stopped {
		return false
	}
	if rest := i.after - time.Since(i.last); rest > 0 {
		i.timer.Reset(rest)
		return false
	}
	i.timer = nil
	return true
}

func (i *idler) stop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.stopped = true
	if i.timer != nil {
		i.timer.Stop()
	}
}
