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
func (t *Threaded) roomMade() {
	if len(t.waiters) == 0 {
		return
	}
	t.room.owed++
	half := t.waiting() <= t.cfg.QueueSize/2 && t.bytes() <= t.cfg.QueueBytes/2
	now := time.Now()
	switch {
	case half || now.Sub(t.room.woken) >= roomInterval:
		t.wakeOwed(now)
	case t.room.armed:
	default:
		t.room.armed = true
		if t.room.timer == nil {
			t.room.timer = time.AfterFunc(roomInterval, t.roomDue)
		} else {
			t.room.timer.Reset(roomInterval)
		}
	}
}

// roomDue runs when the timer expires.
func (t *Threaded) roomDue() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.room.armed = false
	t.wakeOwed(time.Now())
}

// wakeOwed wakes a caller for each packet that has left. The caller holds the
// lock.
func (t *Threaded) wakeOwed(now time.Time) {
	for ; t.room.owed > 0 && len(t.waiters) > 0; t.room.owed-- {
		t.wakeWaiter()
	}
	t.room.owed, t.room.woken = 0, now
}

// waitForRoom waits until there may be room, a pause begins, or ctx ends. It
// releases the lock meanwhile.
func (t *Threaded) waitForRoom(ctx context.Context) error {
	room := make(chan struct{})
	t.waiters = append(t.waiters, room)
	t.mu.Unlock()
	var err error
	select {
	case <-room:
	case <-t.closed:
		err = ErrClosed
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	t.mu.Lock()
	if i := slices.Index(t.waiters, room); i >= 0 {
		t.waiters = slices.Delete(t.waiters, i, i+1)
	} else if err != nil {
		t.wakeWaiter() // this caller was woken but leaves: wake another one
	}
	return err
}

func (t *Threaded) wakeWaiter() {
	if len(t.waiters) > 0 {
		close(t.waiters[0])
		t.waiters = slices.Delete(t.waiters, 0, 1)
	}
}

func (t *Threaded) wakeWaiters() {
	for _, room := range t.waiters {
		close(room)
	}
	t.waiters = nil
}
