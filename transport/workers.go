package transport

import (
	"slices"
	"time"
)

func (t *Threaded) waiting() int { return len(t.back) + t.fresh.len }

func (t *Threaded) bytes() int { return t.fresh.bytes + t.inBack }

func (t *Threaded) isClosed() bool {
	select {
	case <-t.closed:
		return true
	default:
		return false
	}
}

func (t *Threaded) remove(i int) job {
	defer t.roomMade()
	if i >= len(t.back) {
		return t.fresh.pop()
	}
	j := t.back[i]
	t.inBack -= size(j.packet)
	if i == 0 { // the usual case
		t.back[0] = job{}
		t.back = t.back[1:]
	} else {
		t.back = slices.Delete(t.back, i, i+1)
	}
	return j
}

// putBack returns a packet to its place among those that have failed.
func (t *Threaded) putBack(j job) {
	i := len(t.back)
	for i > 0 && t.back[i-1].place > j.place {
		i--
	}
	t.back = slices.Insert(t.back, i, j)
	t.inBack += size(j.packet)
}

// front returns the i-th waiting packet, up to and including the first fresh
// one.
func (t *Threaded) front(i int) *job {
	if i < len(t.back) {
		return &t.back[i]
	}
	return t.fresh.front()
}

// rouse starts a worker if a packet can be sent now, and otherwise sets the
// alarm. The caller holds the lock.
func (t *Threaded) rouse() {
	if t.way.paused {
		if t.way.probing {
			return // the end of the probe decides what comes next
		}
	} else if t.workers >= t.pace.limit {
		return // the running workers take the packet
	}
	if t.waiting() == 0 || t.life.Err() != nil {
		return
	}
	now := time.Now()
	i, at := t.candidate(now)
	switch {
	case i >= 0:
		t.workers++
		t.crew.start(t.worker)
	case at.IsZero():
	case !t.closeBy.IsZero() && at.After(t.closeBy):
		t.giveUp(t.whyNot(now))
	default:
		t.setAlarm(at)
	}
}

func (t *Threaded) setAlarm(at time.Time) {
	if t.alarm != nil && t.alarmAt.Equal(at) {
		return
	}
	t.alarmAt = at
	if t.alarm == nil {
		t.alarm = time.AfterFunc(time.Until(at), t.ring)
		return
	}
	t.alarm.Reset(time.Until(at))
}

// ring runs when the alarm goes off.
func (t *Threaded) ring() {
	t.mu.Lock()
	t.alarmAt = time.Time{}
	t.rouse()
	t.mu.Unlock()
}

func (t *Threaded) work() {
	ended := false
	defer func() {
		// A callback or a transport may end the goroutine, as a test's FailNow
		// does. The queue must not lose its worker by that.
		if !ended {
			t.mu.Lock()
			t.retire()
			t.mu.Unlock()
		}
	}()
	for {
		f, ok := t.take()
		if !ok {
			ended = true
			return
		}
		t.attempt(f)
	}
}

// retire ends a worker. The caller holds the lock.
func (t *Threaded) retire() {
	t.workers--
	t.rouse()
}

// take returns the next packet to send. If there is none, it retires the
// worker.
func (t *Threaded) take() (flight, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := -1
	now := time.Now()
	// Packets that still wait at Close's deadline are not sent.
	if t.waiting() > 0 && t.life.Err() == nil && (t.way.paused || t.workers <= t.pace.limit) {
		i, _ = t.candidate(now)
	}
	if i < 0 {
		t.retire()
		return flight{}, false
	}
	early := t.early(i, now)
	f := flight{job: t.remove(i), begun: now, probe: t.way.paused, since: t.way.epoch}
	if f.probe {
		t.way.probing, t.way.lastProbe, t.way.forced = true, f.place, false
	}
	if early {
		t.lastCut = now
	}
	t.flights++
	return f, true
}

func (t *Threaded) attempt(f flight) {
	r, err := (*Response)(nil), errNoReturn
	defer func() { // also if the goroutine is ended by runtime.Goexit
		t.landed(f, r, err)
	}()
	p := f.packet
	if f.dict != nil {
		plain, damaged := unfold(p, f.dict)
		if damaged != nil {
			err = damaged
			return
		}
		p = plain
	}
	r, err = t.send(t.life, asOf(p, f.at, time.Now()))
}

func (t *Threaded) landed(f flight, r *Response, err error) {
	v, judged := verdict{}, false
	defer func() {
		if !judged { // a method of the error has ended the goroutine
			r, err = nil, errNoReturn
		}
		t.conclude(f, v, r, err)
	}()
	v = judge(err)
	judged = true
}

func (t *Threaded) conclude(f flight, v verdict, r *Response, err error) {
	t.mu.Lock()
	t.flights--
	settled, err := t.note(&f, v, r, err)
	if !settled {
		t.putBack(f.job)
		if f.isKept() {
			t.spool.log.Load().Attempt(f.kept)
		}
	}
	t.rouse()
	t.mu.Unlock()
	defer t.announce()
	if settled {
		t.finish(f.job, r, err)
	}
}
