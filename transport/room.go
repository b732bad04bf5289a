package transport

import (
	"context"
	"slices"
	"time"
)

// roomInterval is how often callers that wait for room are woken, unless half
// of the queue is free. Waking one for each packet that leaves would take a
// third of the processor's time.
const roomInterval = time.Millisecond

// room is the state of waking the callers that wait for room. Packets that
// leave the queue at short intervals make room for many callers before any is
// woken.
type room struct {
	owed  int       // packets that left since callers were last woken
	woken time.Time // when callers were last woken
	timer *time.Timer
	armed bool
}

func (r *room) stop() {
	if r.timer != nil {
		r.timer.Stop()
	}
}

// roomMade records that a packet left the queue. The caller holds the lock.
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

// roomDue runs when the timer expires.
func (d *dispatcher) roomDue() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room.armed = false
	d.wakeOwed(time.Now())
}

// wakeOwed wakes a caller for each packet that has left. The caller holds the
// lock.
func (d *dispatcher) wakeOwed(now time.Time) {
	for ; d.room.owed > 0 && len(d.waiters) > 0; d.room.owed-- {
		d.wakeWaiter()
	}
	d.room.owed, d.room.woken = 0, now
}

// waitForRoom waits until there may be room, a pause begins, or ctx ends. It
// releases the lock meanwhile.
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
		d.wakeWaiter() // this caller was woken but leaves: wake another one
	}
	return err
}

func (d *dispatcher) wakeWaiter() {
	if len(d.waiters) > 0 {
		close(d.waiters[0])
		d.waiters = slices.Delete(d.waiters, 0, 1)
	}
}

func (d *dispatcher) wakeWaiters() {
	for _, room := range d.waiters {
		close(room)
	}
	d.waiters = nil
}
