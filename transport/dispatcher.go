package transport

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
)

// dispatcher is the machine inside [Threaded]: a queue, the callers that wait
// for room in it, and the workers that empty it.
type dispatcher struct {
	cfg       ThreadedConfig
	next      Transport
	account   account
	life      context.Context // cancelled, with ErrClosed as its cause, at Close's deadline
	end       context.CancelCauseFunc
	abandoned atomic.Int64
	closed    chan struct{} // closed when Close has begun
	gone      chan struct{} // closed when Close has ended

	mu      sync.Mutex
	queue   queue
	workers int             // goroutines that run
	joined  chan struct{}   // made by Close, closed when no worker is left
	waiters []chan struct{} // callers that wait for room, oldest first
}

func newDispatcher(next Transport, cfg ThreadedConfig) *dispatcher {
	d := &dispatcher{cfg: cfg, next: next, closed: make(chan struct{}), gone: make(chan struct{})}
	d.life, d.end = context.WithCancelCause(context.Background())
	return d
}

func (d *dispatcher) direct(ctx context.Context, p *Packet) (*Response, error) {
	t, ok := d.account.accept()
	if !ok {
		return nil, ErrClosed
	}
	defer d.account.settle(t)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(d.life, func() { cancel(ErrClosed) })()
	r, err := d.next.Send(ctx, p)
	err = d.explain(p, err)
	d.count(err)
	return r, err
}

func (d *dispatcher) admit(ctx context.Context, p *Packet, done func(*Response, error)) {
	t, ok := d.account.accept()
	if !ok {
		d.call(done, nil, ErrClosed)
		return
	}
	j := job{packet: p, done: done, ticket: t}
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
		full := d.cfg.full(&d.queue, j.packet)
		if full == nil {
			d.queue.push(j)
			d.startWorker()
			return evicted, nil
		}
		switch d.cfg.Overflow {
		case DropOldest:
			evicted = append(evicted, d.queue.pop())
		case Block:
			if err := d.waitForRoom(ctx); err != nil {
				return evicted, fmt.Errorf("%w: %w", full, err)
			}
		default:
			return evicted, full
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
		go d.work()
	}
}

// workerGone is deferred by every worker: a callback or a transport may end
// the goroutine, as a test's FailNow does, and the queue must not be left
// without one for that.
func (d *dispatcher) workerGone() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.workers--
	d.startWorker()
	if d.workers == 0 && d.joined != nil {
		close(d.joined)
		d.joined = nil
	}
}

func (d *dispatcher) work() {
	defer d.workerGone()
	for {
		j, ok := d.take()
		if !ok {
			return
		}
		d.deliver(j)
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

func (d *dispatcher) deliver(j job) {
	var r *Response
	err := errNoReturn
	defer func() {
		if v := recover(); v != nil {
			r, err = nil, fmt.Errorf("transport: sending event %s panicked: %v", j.packet.EventID, v)
		}
		d.finish(j, r, err)
	}()
	r, err = d.next.Send(d.life, j.packet)
	err = d.explain(j.packet, err)
}

var errNoReturn = errors.New("transport: the send ended its goroutine")

// explain makes errors that Close caused say so.
func (d *dispatcher) explain(p *Packet, err error) error {
	if err == nil || d.life.Err() == nil || errors.Is(err, ErrClosed) {
		return err
	}
	return closedBefore(p, err)
}

func closedBefore(p *Packet, err error) error {
	return fmt.Errorf("%w before event %s was delivered: %w", ErrClosed, p.EventID, err)
}

// finish reports the outcome of a packet that was accepted, and settles it.
func (d *dispatcher) finish(j job, r *Response, err error) {
	d.count(err)
	defer d.account.settle(j.ticket)
	d.call(j.done, r, err)
}

// count notes a packet that Close gave up.
func (d *dispatcher) count(err error) {
	if errors.Is(err, ErrClosed) {
		d.abandoned.Add(1)
	}
}

func (d *dispatcher) call(done func(*Response, error), r *Response, err error) {
	if done == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			d.cfg.Logger.Error("transport: a delivery callback panicked", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	done(r, err)
}

func (d *dispatcher) shutdown(ctx context.Context) error {
	if !d.account.close() {
		return d.awaitShutdown(ctx)
	}
	defer close(d.gone)
	close(d.closed)
	drain, cancel := context.WithTimeout(ctx, d.cfg.ShutdownTimeout)
	defer cancel()
	err := d.account.flush(drain)
	d.end(ErrClosed)
	if err != nil {
		d.abandonQueue()
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeGrace)
	defer cancel()
	stuck := d.account.flush(grace)
	d.joinWorkers(grace)
	if err != nil {
		err = d.undelivered(err, stuck)
	}
	if e := d.next.Close(drain); err == nil {
		err = e
	}
	return err
}

// awaitShutdown is what every Close but the first does.
func (d *dispatcher) awaitShutdown(ctx context.Context) error {
	select {
	case <-d.gone:
		return nil
	case <-ctx.Done():
		return &UndeliveredError{Pending: d.account.left(d.account.settlement()), Err: context.Cause(ctx)}
	}
}

// abandonQueue fails what no worker has taken yet. Every callback gets a
// goroutine of its own: one that never returns must hold up neither Close nor
// the others.
func (d *dispatcher) abandonQueue() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, j := range d.queue.takeAll() {
		d.workers++
		go func() {
			defer d.workerGone()
			d.finish(j, nil, closedBefore(j.packet, context.DeadlineExceeded))
		}()
	}
}

// joinWorkers waits until no worker is left, or ctx ends.
func (d *dispatcher) joinWorkers(ctx context.Context) {
	d.mu.Lock()
	joined := make(chan struct{})
	if d.workers == 0 {
		close(joined)
	} else {
		d.joined = joined
	}
	d.mu.Unlock()
	select {
	case <-joined:
	case <-ctx.Done():
	}
}

// undelivered counts what Close gave up: why is how its wait ended, stuck how
// the wait for what it then cancelled did.
func (d *dispatcher) undelivered(why, stuck error) error {
	var result, left UndeliveredError
	if e := new(UndeliveredError); errors.As(why, &e) {
		result.Err = e.Err
	}
	if e := &left; errors.As(stuck, &e) {
		left = *e
	}
	result.Abandoned, result.Stuck = int(d.abandoned.Load()), left.Pending
	if result.Abandoned+result.Stuck == 0 {
		return nil // all of it arrived after the deadline, before the cancelling
	}
	return &result
}
