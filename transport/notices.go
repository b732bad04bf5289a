package transport

import "time"

// HoldState returns the state of the delivery.
func (t *Threaded) HoldState() HoldState {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	s := HoldState{Waiting: t.waiting(), InFlight: t.flights}
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

// announce sends the pending notices to the watchers. One goroutine does that
// at a time, and it also sends the notices that arrive meanwhile.
func (t *Threaded) announce() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.announcing {
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
