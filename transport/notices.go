package transport

import "time"

func (d *dispatcher) holdState() HoldState {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	s := HoldState{Waiting: d.waiting(), InFlight: d.flights}
	if w := &d.way; w.paused {
		s.Paused, s.Failures, s.Since, s.Until, s.Err = true, w.fails, w.since, d.probeAt(), w.err
		if s.Until.Before(now) {
			s.Until = now
		}
		return s
	}
	if until := d.limits.Deadline(""); until.After(now) {
		s.Paused, s.Failures, s.Until, s.Err = true, 1, until, d.limitErr
	}
	return s
}

// announce sends the pending notices to the watchers. One goroutine does that
// at a time, and it also sends the notices that arrive meanwhile.
func (d *dispatcher) announce() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.announcing {
		return
	}
	d.announcing = true
	// also if a watcher ends the goroutine
	defer func() { d.announcing = false }()
	for len(d.notices) > 0 {
		n := d.notices[0]
		d.notices = d.notices[1:]
		watchers := d.watchers
		d.mu.Unlock()
		func() {
			defer d.mu.Lock()
			for _, fn := range watchers {
				d.contain("a watcher of a transport panicked", func() { fn(n) })
			}
		}()
	}
}
