package transport

import (
	"context"
	"slices"
	"time"
)

// roomInterval is how often callers that wait for room are woken, unless half
// of the queue is free. To wake one for each packet that goes out costs a third
// of the processor's time for it.
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

// waitForRoom gives up the lock until there may be room, or a pause begins.
func (d *dispatcher) waitForRoom(ctx context.Context) error {
	room := make(chan struct{})
	d.waiters = append(d.waiters, room)
	d.mu.Unlock()
	var err error
	select {
	case <-room:
	case <-d.closed:
		err = ErrClosed
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	d.mu.Lock()
	if i := slices.Index(d.waiters, room); i >= 0 {
		d.waiters = slices.Delete(d.waiters, i, i+1)
	} else if err != nil {
		d.wakeWaiter() // the room was announced to one who has left
	}
	return err
}

func (d *dispatcher) wakeWaiter() {
	if len(d.waiters) > 0 {
		close(d.waiters[0])
		d.waiters = slices.Delete(d.waiters, 0, 1)
	}
}

// wakeWaiters has all callers that wait for room look again.
func (d *dispatcher) wakeWaiters() {
	for _, room := range d.waiters {
		close(room)
	}
	d.waiters = nil
}
