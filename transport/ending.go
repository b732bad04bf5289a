package transport

import (
	"context"
	"fmt"

	"github.com/ravenkit/ravenkit/internal/guard"
)

// direct delivers in the calling goroutine, past queue and pause.
func (d *dispatcher) direct(ctx context.Context, p *Packet) (*Response, error) {
	r, err := d.async.direct(ctx, p)
	d.passedBy(p, r, err)
	return r, err
}

// flush waits as async does. As long as it waits, pauses are short.
func (d *dispatcher) flush(ctx context.Context) error {
	if d.account.Pending() == 0 {
		return nil
	}
	d.hurry(1)
	defer d.hurry(-1)
	return d.async.flush(ctx)
}

// hurry notes that somebody waits, or has stopped to.
func (d *dispatcher) hurry(by int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hurried += by
	if by > 0 {
		d.rouse()
	}
}

// close drains as async does, and gives up sooner where waiting is of no use.
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

// giveUp fails what waits, and what comes back. Every callback gets a goroutine
// of its own: one that never returns must hold up neither Close nor the others.
// It needs the lock.
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
