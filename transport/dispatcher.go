package transport

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// dispatcher is the machine inside [Threaded]: a queue, the callers that wait
// for room in it, and the workers that empty it.
type dispatcher struct {
	*async
	cfg ThreadedConfig

	mu      sync.Mutex
	queue   queue
	workers int             // goroutines that run
	waiters []chan struct{} // callers that wait for room, oldest first
}

func newDispatcher(next Transport, cfg ThreadedConfig) *dispatcher {
	return &dispatcher{async: newAsync(next, cfg.ShutdownTimeout, cfg.Logger), cfg: cfg}
}

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
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		if d.isClosed() {
			return evicted, ErrClosed
		}
		if d.cfg.hasRoom(&d.queue, j.packet) {
			d.queue.push(j)
			d.startWorker()
			return evicted, nil
		}
		switch d.cfg.Overflow {
		case DropOldest:
			evicted = append(evicted, d.queue.pop())
		case Block:
			if err := d.waitForRoom(ctx); err != nil && !d.cfg.hasRoom(&d.queue, j.packet) {
				return evicted, fmt.Errorf("%w: %w", d.cfg.full(&d.queue, j.packet), err)
			}
		default:
			return evicted, d.cfg.full(&d.queue, j.packet)
		}
	}
}

func (d *dispatcher) isClosed() bool {
	select {
	case <-d.closed:
		return true
	default:
		return false
	}
}

// waitForRoom gives up the lock until a worker has taken a packet.
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

// startWorker needs the lock.
func (d *dispatcher) startWorker() {
	if d.workers < d.cfg.Workers && d.queue.len > 0 {
		d.workers++
		d.crew.start(d.work)
	}
}

func (d *dispatcher) work() {
	// A callback or a transport may end the goroutine, as a test's FailNow
	// does; the queue must not be left without a worker for that.
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.workers--
		d.startWorker()
	}()
	for {
		j, ok := d.take()
		if !ok {
			return
		}
		d.deliver(j, nil)
	}
}

func (d *dispatcher) take() (job, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.queue.len == 0 {
		return job{}, false
	}
	j := d.queue.pop()
	d.wakeWaiter()
	return j, true
}

// abandonQueue fails what no worker has taken yet. Every callback gets a
// goroutine of its own: one that never returns must hold up neither Close nor
// the others.
func (d *dispatcher) abandonQueue(cause error) {
	d.mu.Lock()
	left := d.queue.takeAll()
	d.mu.Unlock()
	for _, j := range left {
		d.crew.start(func() { d.finish(j, nil, closedBefore(j.packet, cause)) })
	}
}
