package transport

import (
	"context"
	"errors"
	"time"
)

// way is the state of the connection to the server, as a dispatcher sees it.
type way struct {
	paused    bool
	since     time.Time // start of the pause
	until     time.Time // when the next probe is due
	hard      bool      // until comes from the server
	fails     int       // failed attempts in the pause, at most one per probe
	err       error     // the last failure
	epoch     uint64    // number of pauses so far
	probing   bool      // a probe is being sent
	forced    bool      // send a probe before until
	lastProbe uint64    // the place of the last probe
	// The place of the last failure; 0: there was a success since.
	lastFail uint64
}

// candidate returns the index of the waiting packet to send now. If there is
// none, i is negative and at is when one may be sent; the zero time means
// never. The caller holds the lock.
func (d *dispatcher) candidate(now time.Time) (i int, at time.Time) {
	if d.way.paused {
		if d.way.probing {
			return -1, time.Time{}
		}
		if at = d.probeAt(); at.After(now) {
			return -1, at
		}
	}
	first := -1 // the first that may be a probe
	at = time.Time{}
	for i := 0; i < d.waiting(); i++ {
		due := d.dueAt(d.front(i), now)
		switch {
		case due.After(now):
			if at.IsZero() || due.Before(at) {
				at = due
			}
			if i == len(d.back) { // moved to back, so that others may pass it
				d.putBack(d.fresh.pop())
			}
			continue
		case !d.way.paused || d.front(i).place > d.way.lastProbe:
			return i, time.Time{}
		case first < 0:
			first = i
		}
		if i == len(d.back) {
			break // the packets behind it in fresh are not older
		}
	}
	return first, at
}

// dueAt is when a packet may be sent. During a pause, only a time that the
// server gave delays it: the pause has a time of its own.
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

// cutAt is when an attempt may be made early because a Flush or Close waits;
// the zero time if none does.
func (d *dispatcher) cutAt() time.Time {
	if d.hurried == 0 {
		return time.Time{}
	}
	if d.lastCut.IsZero() {
		return time.Unix(1, 0)
	}
	return d.lastCut.Add(flushInterval)
}

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

func (d *dispatcher) early(i int, now time.Time) bool {
	if d.way.paused {
		return now.Before(d.way.until)
	}
	t := d.front(i).trouble
	return t != nil && now.Before(t.due)
}

// note applies the outcome of an attempt to the state of the connection. It
// returns whether the packet is settled, and the error for its callback. The
// caller holds the lock.
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
	case !v.blames: // it says nothing about the connection to the server
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

// noteSuccess handles answers that show that the server takes events, even if
// it refused this one. If the server asked for the pause, an answer to a packet
// that was sent before the pause does not end it.
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

// resume ends a pause. The packets that failed in it are due at once; one is
// sent first.
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

// noteFailure slows down, and pauses if other packets would fail, too.
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
		if !v.absent { // otherwise it says nothing about the server's capacity
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
	d.giveUp(err) // waiting longer would deliver nothing
	if v.absent {
		d.end(ErrClosed) // running attempts would get no answer either
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

// noteLimit handles a rate limit. The packet is lost unless it was held before.
func (d *dispatcher) noteLimit(j *flight, err error, now time.Time) (settled bool, told error) {
	limited, _ := errors.AsType[*RateLimitedError](err)
	held := limited.Held || j.trouble != nil || j.place <= d.heldUpTo
	if limited.Held {
		// The answer with the limit has not been noted yet.
		d.limits.merge(limited.RateLimits)
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

// limitsOf returns the limits in an answer other than 429.
func limitsOf(r *Response, v verdict) RateLimits {
	if r != nil {
		return r.RateLimits
	}
	return v.limits
}

// limitTo adds limits; the later deadline counts.
func (d *dispatcher) limitTo(limits RateLimits, err error) {
	if len(limits) == 0 {
		return
	}
	d.limits.merge(limits)
	if err != nil {
		d.limitErr = err
	}
	d.heldUpTo = d.last
}

// whyNot is the error that explains why nothing can be sent now.
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

// passedBy notes the outcome of a Send. A success shows that the server is
// there. A failure concerns only its caller, except for limits.
func (d *dispatcher) passedBy(p *Packet, r *Response, err error) {
	var limits RateLimits
	// No errors.As: do not call methods of the program's errors.
	switch e := err.(type) {
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
