package transport

import (
	"context"
	"fmt"
	"time"
)

func (t *Threaded) enqueue(ctx context.Context, j job) (evicted []job, err error) {
	j.at = time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.foldOwn(&j)
	if err := t.limits.hold(j.packet, j.at); err != nil {
		return nil, err
	}
	for tries := 0; ; {
		if t.isClosed() {
			return evicted, ErrClosed
		}
		if t.hasRoom(j.packet) {
			t.last++
			j.place = t.last
			t.fresh.push(j)
			t.rouse()
			t.startFolding()
			return evicted, nil
		}
		if tries < maxFoldTries && t.waiting() < t.cfg.QueueSize && t.foldNext() {
			tries++
			continue
		}
		switch {
		case t.cfg.Overflow == DropOldest:
			evicted = append(evicted, t.remove(0))
		case t.cfg.Overflow == Block && t.way.paused:
			return evicted, fmt.Errorf("%w, and nothing is delivered at the moment: %w", t.full(j.packet), t.way.err)
		case t.cfg.Overflow == Block:
			if err := t.waitForRoom(ctx); err != nil && !t.hasRoom(j.packet) {
				return evicted, fmt.Errorf("%w: %w", t.full(j.packet), err)
			}
		default:
			return evicted, t.full(j.packet)
		}
	}
}

func (t *Threaded) hasRoom(p *Packet) bool {
	n := t.waiting()
	return n == 0 || n < t.cfg.QueueSize && t.bytes()+size(p) <= t.cfg.QueueBytes
}

// full returns the error for a packet that can't be taken.
func (t *Threaded) full(p *Packet) error {
	if n := t.waiting(); n >= t.cfg.QueueSize {
		return fmt.Errorf("%w: %d events are waiting (queue_size)", ErrQueueFull, n)
	}
	return fmt.Errorf("%w: %d bytes are waiting, and the event takes %d (queue_bytes %d)", ErrQueueFull, t.bytes(), size(p), t.cfg.QueueBytes)
}
