package transport

import (
	"context"
	"errors"
	"time"
)

// way is the state of the connection to the server, as a Threaded sees it.
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
func (t *Threaded) candidate(now time.Time) (i int, at time.Time) {
	if t.way.paused {
		if t.way.probing {
			return -1, time.Time{}
		}
		if at = t.probeAt(); at.After(now) {
			return -1, at
		}
	}
	first := -1 // the first that may be a probe
	at = time.Time{}
	for i := 0; i < t.waiting(); i++ {
		due := t.dueAt(t.front(i), now)
		switch {
		case due.After(now):
			if at.IsZero() || due.Before(at) {
				at = due
			}
			if i == len(t.back) { // moved to back, so that others may pass it
				t.putBack(t.fresh.pop())
			}
			continue
		case !t.way.paused || t.front(i).place > t.way.lastProbe:
			return i, time.Time{}
		case first < 0:
			first = i
		}
		if i == len(t.back) {
			break // the packets behind it in fresh are not older
		}
	}
	return first, at
}

// dueAt is when a packet may be sent. During a pause, only a time that the
// server gave delays it: the pause has a time of its own.
func (t *Threaded) dueAt(j *job, now time.Time) time.Time {
	due := t.limits.Deadline(j.packet.Category)
	if due.After(now) {
		past := j.ownTrouble()
		if past.limited.IsZero() {
			past.limited = now
		}
		if longest := past.limited.Add(maxHeld); due.After(longest) {
			due = longest
		}
	}
	if past := j.trouble; past != nil && (past.hard || !t.way.paused) && !t.way.forced {
		own := past.due
		if soon := t.cutAt(); !past.hard && !soon.IsZero() && soon.Before(own) {
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
func (t *Threaded) cutAt() time.Time {
	if t.hurried == 0 {
		return time.Time{}
	}
	if t.lastCut.IsZero() {
		return time.Unix(1, 0)
	}
	return t.lastCut.Add(flushInterval)
}

func (t *Threaded) probeAt() time.Time {
	w := &t.way
	switch soon := t.cutAt(); {
	case w.forced:
		return time.Time{}
	case !w.hard && !soon.IsZero() && soon.Before(w.until):
		return soon
	}
	return w.until
}

func (t *Threaded) early(i int, now time.Time) bool {
	if t.way.paused {
		return now.Before(t.way.until)
	}
	past := t.front(i).trouble
	return past != nil && now.Before(past.due)
}

// note applies the outcome of an attempt to the state of the connection. It
// returns whether the packet is settled, and the error for its callback. The
// caller holds the lock.
func (t *Threaded) note(j *flight, v verdict, r *Response, err error) (settled bool, told error) {
	now := time.Now()
	if j.probe {
		t.way.probing = false
	}
	t.limitTo(limitsOf(r, v), nil)
	switch {
	case v.interrupted:
		return true, err
	case v.limited:
		return t.noteLimit(j, err, now)
	case v.reached:
		t.noteSuccess(j, r, now)
		return true, err
	case !v.blames: // it says nothing about the connection to the server
		if w := &t.way; w.paused && j.probe {
			w.until, w.hard = now.Add(pauseAfter(w.fails)), false
		}
		return true, err
	}
	again := v.again && j.packet.Category != CategoryInternal && j.ownTrouble().fail(v, err, now, t.delivered, j.isKept())
	t.noteFailure(j, v, err, now)
	switch {
	case !again:
		return true, j.givenUp(err)
	case t.over != nil:
		return true, closedBefore(j.packet, err)
	}
	return false, nil
}

// noteSuccess handles answers that show that the server takes events, even if
// it refused this one. If the server asked for the pause, an answer to a packet
// that was sent before the pause does not end it.
func (t *Threaded) noteSuccess(j *flight, r *Response, now time.Time) {
	w := &t.way
	t.delivered++
	w.lastFail = 0
	if !w.paused {
		t.pace.succeeded(now.Sub(j.begun), r, t.waiting() > 0)
		return
	}
	if w.hard && j.since != w.epoch {
		return
	}
	t.resume(j.packet.EventID)
}

// resume ends a pause. The packets that failed in it are due at once; one is
// sent first.
func (t *Threaded) resume(eventID string) {
	w := &t.way
	w.paused = false
	t.pace.restart()
	t.heldUpTo = t.last
	for i := range t.back {
		if past := t.back[i].trouble; past != nil && !past.hard {
			past.due = time.Time{}
		}
	}
	t.notices = append(t.notices, Notice{Kind: NoticeResumed, Since: w.since, Err: w.err, EventID: eventID, Waiting: t.waiting()})
}

// noteFailure slows down, and pauses if other packets would fail, too.
func (t *Threaded) noteFailure(j *flight, v verdict, err error, now time.Time) {
	w := &t.way
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
			t.pace.failed()
		}
		other := w.lastFail != 0 && w.lastFail != j.place
		w.lastFail = j.place
		if !v.stops && !other && t.pace.most > 1 {
			return
		}
		if j.packet.Category != CategoryInternal || t.waiting() > 0 { // otherwise nothing is held
			t.pause(j, v, err, now)
		}
	}
	if t.closeBy.IsZero() || !v.absent && (v.again || v.internal) {
		return
	}
	t.giveUp(err) // waiting longer would deliver nothing
	if v.absent {
		t.end(ErrClosed) // running attempts would get no answer either
	}
}

func (t *Threaded) pause(j *flight, v verdict, err error, now time.Time) {
	w := &t.way
	*w = way{
		paused: true, since: now, fails: 1, err: err, epoch: w.epoch + 1, lastProbe: j.place,
		until: now.Add(pauseAfter(1)),
	}
	if v.retryAfter > 0 {
		w.until, w.hard = now.Add(v.retryAfter), true
	}
	t.heldUpTo = t.last
	waiting := t.waiting()
	if v.again && j.packet.Category != CategoryInternal {
		waiting++
	}
	t.wakeWaiters()
	t.notices = append(t.notices, Notice{Kind: NoticePaused, Since: now, Until: w.until, Err: err, EventID: j.packet.EventID, Waiting: waiting})
}

// noteLimit handles a rate limit. The packet is lost unless it was held before.
func (t *Threaded) noteLimit(j *flight, err error, now time.Time) (settled bool, told error) {
	limited, _ := errors.AsType[*RateLimitedError](err)
	held := limited.Held || j.trouble != nil || j.place <= t.heldUpTo || j.parked
	if limited.Held {
		// The answer with the limit has not been noted yet.
		t.limits.merge(limited.RateLimits)
	} else {
		t.limitTo(limited.RateLimits, err)
		t.pace.failed()
		t.pace.restart()
	}
	if t.over != nil {
		return true, closedBefore(j.packet, err)
	}
	past := j.ownTrouble()
	if past.limited.IsZero() {
		past.limited = now
	}
	past.err, past.due, past.hard = err, now.Add(max(limited.RetryAfter, minLimited)), true
	end := past.limited.Add(maxHeld)
	if past.due.After(end) {
		past.due = end
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
func (t *Threaded) limitTo(limits RateLimits, err error) {
	if len(limits) == 0 {
		return
	}
	t.limits.merge(limits)
	if err != nil {
		t.limitErr = err
	}
	t.heldUpTo = t.last
}

// whyNot is the error that explains why nothing can be sent now.
func (t *Threaded) whyNot(now time.Time) error {
	if t.way.paused {
		return t.way.err
	}
	if t.limitErr != nil && t.limits.Deadline("").After(now) {
		return t.limitErr
	}
	for i := range t.back {
		if past := t.back[i].trouble; past != nil && past.err != nil {
			return past.err
		}
	}
	return context.DeadlineExceeded
}

// passedBy notes the outcome of a Send. A success shows that the server is
// there. A failure concerns only its caller, except for limits.
func (t *Threaded) passedBy(p *Packet, r *Response, err error) {
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
	t.mu.Lock()
	t.limitTo(limits, err)
	if err == nil {
		t.delivered++
		t.way.lastFail = 0
		if t.way.paused {
			t.resume(p.EventID)
		}
		t.rouse()
	}
	t.mu.Unlock()
	t.announce()
}
