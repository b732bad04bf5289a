package transport

import "time"

// roomInterval is how often callers that wait for room are woken, unless half of
// the queue is free. To wake one for each packet that goes out costs a third of
// the processor's time for it.
const roomInterval = time.Millisecond

// room is about the callers that wait for it. Packets that leave the queue at
// short intervals make room for many before any is woken.
type room struct {
	owed  int       // packets that have left since a caller was woken
	woken time.Time // when that was
	timer *time.Timer
	armed bool
}

func (r *room) stop() {
	if r.timer != nil {
		r.timer.Stop()
	}
}

// roomMade notes that a packet has left the queue. It needs the lock.
func (d *dispatcher) roomMade() {
	if len(d.waiters) == 0 {
		return
	}
	d.room.owed++
	half := d.waiting() <= d.cfg.QueueSize/2 && d.bytes() <= d.cfg.QueueBytes/2
	now := time.Now()
	switch {
	case half || now.Sub(d.room.woken) >= roomInterval:
		d.wakeOwed(now)
	case d.room.armed:
	default:
		d.room.armed = true
		if d.room.timer == nil {
			d.room.timer = time.AfterFunc(roomInterval, d.roomDue)
		} else {
			d.room.timer.Reset(roomInterval)
		}
	}
}

// roomDue is the timer.
func (d *dispatcher) roomDue() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room.armed = false
	d.wakeOwed(time.Now())
}

// wakeOwed wakes a caller for each packet that has left. It needs the lock.
func (d *dispatcher) wakeOwed(now time.Time) {
	for ; d.room.owed > 0 && len(d.waiters) > 0; d.room.owed-- {
		d.wakeWaiter()
	}
	d.room.owed, d.room.woken = 0, now
}
