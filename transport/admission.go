package transport

import (
	"context"
	"fmt"
	"time"
)

func (d *dispatcher) admit(ctx context.Context, p *Packet, done func(*Response, error)) {
	j, ok := d.accept(p, done)
	if !ok {
		return
	}
	evicted, err := d.enqueue(ctx, j)
	if err != nil {
		d.finish(j, nil, err)
	}
	for _, old := range evicted {
		d.finish(old, nil, fmt.Errorf("%w: event %s was evicted by a newer one (overflow=%s)", ErrQueueFull, old.packet.EventID, DropOldest))
	}
}

func (d *dispatcher) enqueue(ctx context.Context, j job) (evicted []job, err error) {
	j.at = time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.foldOwn(&j)
	if err := d.limits.hold(j.packet, j.at); err != nil {
		return nil, err
	}
	for tries := 0; ; {
		if d.isClosed() {
			return evicted, ErrClosed
		}
		if d.hasRoom(j.packet) {
			d.last++
			j.place = d.last
			d.fresh.push(j)
			d.rouse()
			d.startFolding()
			return evicted, nil
		}
		if tries < maxFoldTries && d.waiting() < d.cfg.QueueSize && d.foldNext() {
			tries++
			continue
		}
		switch {
		case d.cfg.Overflow == DropOldest:
			evicted = append(evicted, d.remove(0))
		case d.cfg.Overflow == Block && d.way.paused:
			return evicted, fmt.Errorf("%w, and nothing is delivered at the moment: %w", d.full(j.packet), d.way.err)
		case d.cfg.Overflow == Block:
			if err := d.waitForRoom(ctx); err != nil && !d.hasRoom(j.packet) {
				return evicted, fmt.Errorf("%w: %w", d.full(j.packet), err)
			}
		default:
			return evicted, d.full(j.packet)
		}
	}
}

func (d *dispatcher) hasRoom(p *Packet) bool {
	n := d.waiting()
	return n == 0 || n < d.cfg.QueueSize && d.bytes()+size(p) <= d.cfg.QueueBytes
}

// full returns the error for a packet that can't be taken.
func (d *dispatcher) full(p *Packet) error {
	if n := d.waiting(); n >= d.cfg.QueueSize {
		return fmt.Errorf("%w: %d events are waiting (queue_size)", ErrQueueFull, n)
	}
	return fmt.Errorf("%w: %d bytes are waiting, and the event takes %d (queue_bytes %d)", ErrQueueFull, d.bytes(), size(p), d.cfg.QueueBytes)
}
