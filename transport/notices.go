package transport

import (
	"slices"
	"time"
)

// HoldState returns the state of the delivery.
func (t *Threaded) HoldState() HoldState {
	onDisk := t.spool.waiting()
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	s := HoldState{Waiting: t.waiting() + onDisk, InFlight: t.flights}
	if w := &t.way; w.paused {
		s.Paused, s.Failures, s.Since, s.Until, s.Err = true, w.fails, w.since, t.probeAt(), w.err
		if s.Until.Before(now) {
			s.Until = now
		}
		return s
	}
	if until := t.limits.Deadline(""); until.After(now) {
		s.Paused, s.Failures, s.Until, s.Err = true, 1, until, t.limitErr
	}
	return s
}

// maxUnheard is how many notices about packets of earlier processes are kept
// until somebody watches: they may be delivered before that.
const maxUnheard = 1000

// keepRecovered drops the notices that only concern those who watch already.
// The caller holds the lock.
func (t *Threaded) keepRecovered() {
	t.notices = slices.DeleteFunc(t.notices, func(n Notice) bool { return n.Kind != NoticeRecovered })
	if n := len(t.notices) - maxUnheard; n > 0 {
		t.notices = slices.Delete(t.notices, 0, n)
	}
}

// announce sends the pending notices to the watchers. One goroutine does that
// at a time, and it also sends the notices that arrive meanwhile.
func (t *Threaded) announce() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.announcing {
		return
	}
	if len(t.watchers) == 0 {
		t.keepRecovered()
		return
	}
	t.announcing = true
	// also if a watcher ends the goroutine
	defer func() { t.announcing = false }()
	for len(t.notices) > 0 {
		n := t.notices[0]
		t.notices = t.notices[1:]
		watchers := t.watchers
		t.mu.Unlock()
		func() {
			defer t.mu.Lock()
			for _, fn := range watchers {
				t.contain("a watcher of a transport panicked", func() { fn(n) })
			}
		}()
	}
}
