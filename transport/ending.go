package transport

import (
	"context"
	"fmt"

	"github.com/ravenkit/ravenkit/internal/guard"
)

// direct delivers in the calling goroutine, past the queue and the pause.
func (d *dispatcher) direct(ctx context.Context, p *Packet) (*Response, error) {
	r, err := d.async.Send(ctx, p)
	d.passedBy(p, r, err)
	return r, err
}

// flush shortens pauses while it waits.
func (d *dispatcher) flush(ctx context.Context) error {
	if d.account.Pending() == 0 {
		return nil
	}
	d.hurry(1)
	defer d.hurry(-1)
	return d.async.Flush(ctx)
}

// hurry adds to the number of callers that wait in Flush and Close.
func (d *dispatcher) hurry(by int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hurried += by
	if by > 0 {
		d.rouse()
	}
}

// close gives up before its deadline if waiting longer can't deliver anything.
func (d *dispatcher) close(ctx context.Context) error {
	return d.async.close(ctx, closing{
		begin: func(drain context.Context) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.closeBy, _ = drain.Deadline()
			d.hurried++
			d.way.forced = d.way.paused
			d.rouse()
		},
		giveUp: func(cause error) {
			d.mu.Lock()
			d.giveUp(cause)
			d.mu.Unlock()
		},
		reason: func() error {
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.over
		},
		end: func() {
			d.mu.Lock()
			if d.alarm != nil {
				d.alarm.Stop()
			}
			d.room.stop()
			d.mu.Unlock()
			d.announce()
		},
	})
}

// giveUp fails the packets that wait, and those whose attempt fails later. Each
// callback runs on a goroutine of its own, so that one that never returns
// blocks neither Close nor the others. The caller holds the lock.
func (d *dispatcher) giveUp(cause error) {
	if d.over != nil {
		return
	}
	d.over = cause
	for d.waiting() > 0 {
		j := d.remove(0)
		err := closedBefore(j.packet, cause)
		if j.trouble != nil && j.err != nil && !guard.Is(cause, j.err) {
			err = fmt.Errorf("%w: %w", err, j.err)
		}
		d.crew.start(func() { d.finish(j, nil, err) })
	}
}
