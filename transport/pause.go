package transport

import (
	"context"
	"time"
)

// way is what a dispatcher knows of the way to the server.
type way struct {
	paused    bool
	since     time.Time // of the pause
	until     time.Time // when the next probe is due
	hard      bool      // until is the server's word
	fails     int       // attempts that failed in the pause, at most one for each probe
	err       error     // of the last
	epoch     uint64    // counts pauses
	probing   bool      // a probe is under way
	forced    bool      // a probe is due whatever until says
	lastProbe uint64    // its place
	lastFail  uint64    // the place of the last packet that failed with no success since; 0: none
}

// candidate returns which of the packets that wait can be sent now; if none
// can, i is negative and at says when one may, the zero time for never. It
// needs the lock.
func (d *dispatcher) candidate(now time.Time) (i int, at time.Time) {
	if d.way.paused {
		if d.way.probing {
			return -1, time.Time{}
		}
		if at = d.probeAt(); at.After(now) {
			return -1, at
		}
	}
	first := -1 // that can be a probe
	at = time.Time{}
	for i := 0; i < d.waiting(); i++ {
		due := d.dueAt(d.front(i), now)
		switch {
		case due.After(now):
			if at.IsZero() || due.Before(at) {
				at = due
			}
			if i == len(d.back) { // others may pass it
				d.putBack(d.fresh.pop())
			}
			continue
		case !d.way.paused || d.front(i).place > d.way.lastProbe:
			return i, time.Time{}
		case first < 0:
			first = i
		}
		if i == len(d.back) {
			break // what is behind it in fresh is no older
		}
	}
	return first, at
}

// dueAt is when a packet may be sent. During a pause, which has a time of its
// own, only the server's word holds it back.
func (d *dispatcher) dueAt(j *job, now time.Time) time.Time {
	due := d.limits.Deadline(j.packet.Category)
	if due.After(now) {
		t := j.ownTrouble()
		if t.limited.IsZero() {
			t.limited = now
		}
		if longest := t.limited.Add(maxHeld); due.After(longest) {
			due = longest
		}
	}
	if t := j.trouble; t != nil && (t.hard || !d.way.paused) && !d.way.forced {
		own := t.due
		if soon := d.cutAt(); !t.hard && !soon.IsZero() && soon.Before(own) {
			own = soon
		}
		if own.After(due) {
			due = own
		}
	}
	return due
}

// cutAt is from when on an attempt may be made before its time, for those who
// wait in Flush and Close; the zero time if nobody does.
func (d *dispatcher) cutAt() time.Time {
	if d.hurried == 0 {
		return time.Time{}
	}
	if d.lastCut.IsZero() {
		return time.Unix(1, 0)
	}
	return d.lastCut.Add(flushInterval)
}

// probeAt is when the next probe is due.
func (d *dispatcher) probeAt() time.Time {
	w := &d.way
	switch soon := d.cutAt(); {
	case w.forced:
		return time.Time{}
	case !w.hard && !soon.IsZero() && soon.Before(w.until):
		return soon
	}
	return w.until
}

// early reports whether a packet that is sent now is sent before its time.
func (d *dispatcher) early(i int, now time.Time) bool {
	if d.way.paused {
		return now.Before(d.way.until)
	}
	t := d.front(i).trouble
	return t != nil && now.Before(t.due)
}

// note draws the consequences of an attempt's outcome for the way to the
// server, and decides whether the packet's fate is settled by it, and how. It
// needs the lock.
func (d *dispatcher) note(j *flight, v verdict, r *Response, err error) (settled bool, told error) {
	now := time.Now()
	if j.probe {
		d.way.probing = false
	}
	d.limitTo(limitsOf(r, v), nil)
	switch {
	case v.interrupted:
		return true, err
	case v.limited:
		return d.noteLimit(j, err, now)
	case v.reached:
		d.noteSuccess(j, r, now)
		return true, err
	case !v.blames: // it says nothing about the way to the server
		if w := &d.way; w.paused && j.probe {
			w.until, w.hard = now.Add(pauseAfter(w.fails)), false
		}
		return true, err
	}
	again := v.again && j.packet.Category != CategoryInternal && j.ownTrouble().fail(v, err, now, d.delivered)
	d.noteFailure(j, v, err, now)
	switch {
	case !again:
		return true, j.givenUp(err)
	case d.over != nil:
		return true, closedBefore(j.packet, err)
	}
	return false, nil
}

// noteSuccess is for answers that say that the server takes events, whether it
// took this one or not. A packet that was sent before the server asked for a
// pause says nothing about that.
func (d *dispatcher) noteSuccess(j *flight, r *Response, now time.Time) {
	w := &d.way
	d.delivered++
	w.lastFail = 0
	if !w.paused {
		d.pace.succeeded(now.Sub(j.begun), r, d.waiting() > 0)
		return
	}
	if w.hard && j.since != w.epoch {
		return
	}
	d.resume(j.packet.EventID)
}

// resume ends a pause. What failed in it is tried again without more waiting,
// one packet at first.
func (d *dispatcher) resume(eventID string) {
	w := &d.way
	w.paused = false
	d.pace.restart()
	d.heldUpTo = d.last
	for i := range d.back {
		if t := d.back[i].trouble; t != nil && !t.hard {
			t.due = time.Time{}
		}
	}
	d.notices = append(d.notices, Notice{Kind: NoticeResumed, Since: w.since, Err: w.err, EventID: eventID, Waiting: d.waiting()})
}

// noteFailure slows down, and pauses where others would fail as well.
func (d *dispatcher) noteFailure(j *flight, v verdict, err error, now time.Time) {
	w := &d.way
	if w.paused {
		w.err = err
		if j.probe {
			w.fails++
			w.until, w.hard = now.Add(pauseAfter(w.fails)), false
		}
		if until := now.Add(v.retryAfter); v.retryAfter > 0 && (!w.hard || until.After(w.until)) {
			w.until, w.hard = until, true
		}
	} else {
		if !v.absent { // that says nothing about how much the server can take
			d.pace.failed()
		}
		other := w.lastFail != 0 && w.lastFail != j.place
		w.lastFail = j.place
		if !v.stops && !other && d.pace.most > 1 {
			return
		}
		d.pause(j, v, err, now)
	}
	if d.closeBy.IsZero() || !v.absent && (v.again || v.internal) {
		return
	}
	d.giveUp(err) // waiting for the deadline would be of no use
	if v.absent {
		d.end(ErrClosed) // what is under way would not get an answer either
	}
}

func (d *dispatcher) pause(j *flight, v verdict, err error, now time.Time) {
	w := &d.way
	*w = way{
		paused: true, since: now, fails: 1, err: err, epoch: w.epoch + 1, lastProbe: j.place,
		until: now.Add(pauseAfter(1)),
	}
	if v.retryAfter > 0 {
		w.until, w.hard = now.Add(v.retryAfter), true
	}
	d.heldUpTo = d.last
	waiting := d.waiting()
	if v.again {
		waiting++
	}
	d.wakeWaiters()
	d.notices = append(d.notices, Notice{Kind: NoticePaused, Since: now, Until: w.until, Err: err, EventID: j.packet.EventID, Waiting: waiting})
}

// noteLimit takes up a rate limit. The packet that has met it is lost, unless
// it was held before.
func (d *dispatcher) noteLimit(j *flight, err error, now time.Time) (settled bool, told error) {
	limited := asRateLimited(err)
	held := limited.Held || j.trouble != nil || j.place <= d.heldUpTo
	if limited.Held {
		// The answer that brought the limit is still to be noted.
		d.extendLimits(limited.RateLimits)
	} else {
		d.limitTo(limited.RateLimits, err)
		d.pace.failed()
		d.pace.restart()
	}
	if d.over != nil {
		return true, closedBefore(j.packet, err)
	}
	t := j.ownTrouble()
	if t.limited.IsZero() {
		t.limited = now
	}
	t.err, t.due, t.hard = err, now.Add(max(limited.RetryAfter, minLimited)), true
	end := t.limited.Add(maxHeld)
	if t.due.After(end) {
		t.due = end
	}
	return !held || !now.Before(end), err
}

// limitsOf are the limits that an answer has brought which is no 429.
func limitsOf(r *Response, v verdict) RateLimits {
	if r != nil {
		return r.RateLimits
	}
	return v.limits
}

// limitTo notes limits; the later deadline counts.
func (d *dispatcher) limitTo(limits RateLimits, err error) {
	if len(limits) == 0 {
		return
	}
	d.extendLimits(limits)
	if err != nil {
		d.limitErr = err
	}
	d.heldUpTo = d.last
}

func (d *dispatcher) extendLimits(limits RateLimits) {
	if d.limits == nil {
		d.limits = make(RateLimits)
	}
	for category, deadline := range limits {
		d.limits.extend(category, deadline)
	}
}

// limitOn returns an error for a new packet that a limit keeps out.
func (d *dispatcher) limitOn(p *Packet, now time.Time) error {
	if d.limits == nil {
		return nil
	}
	return d.limits.hold(p, now)
}

// whyNot is why nothing can be sent at the moment.
func (d *dispatcher) whyNot(now time.Time) error {
	if d.way.paused {
		return d.way.err
	}
	if d.limitErr != nil && d.limits.Deadline("").After(now) {
		return d.limitErr
	}
	for i := range d.back {
		if t := d.back[i].trouble; t != nil && t.err != nil {
			return t.err
		}
	}
	return context.DeadlineExceeded
}

// passedBy notes the outcome of a Send. A success says that the server is
// there; a failure is its caller's affair, but for limits.
func (d *dispatcher) passedBy(p *Packet, r *Response, err error) {
	var limits RateLimits
	switch e := err.(type) { // an error of the program's own is not asked
	case nil:
		limits = limitsOf(r, verdict{})
	case *RateLimitedError:
		limits = e.RateLimits
	case *APIError:
		limits = e.limits
	}
	if err != nil && limits == nil {
		return
	}
	d.mu.Lock()
	d.limitTo(limits, err)
	if err == nil {
		d.delivered++
		d.way.lastFail = 0
		if d.way.paused {
			d.resume(p.EventID)
		}
		d.rouse()
	}
	d.mu.Unlock()
	d.announce()
}
