package reactortransport

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/ravenkit/ravenkit/transport"
)

// gate bounds what callers may leave to the reactor. It counts, and holds
// nothing: that keeps the queue the reactor's own.
type gate struct {
	limit    int // events in flight and waiting
	bytes    int // of events that wait
	overflow string
	queue    int // of limit, how many may wait; for errors
	closing  chan struct{}

	mu      sync.Mutex
	events  int
	waiting int             // bytes
	callers []chan struct{} // that wait for room, oldest first
	closed  bool
}

func newGate(c Config) *gate {
	return &gate{
		limit: min(c.Workers, maxEvents) + min(c.QueueSize, maxEvents), queue: c.QueueSize, bytes: c.QueueBytes,
		overflow: c.Overflow, closing: make(chan struct{}),
	}
}

// maxEvents keeps the arithmetic with limits from overflowing.
const maxEvents = 1 << 29

// enter lets one event in, or says why not.
func (g *gate) enter(ctx context.Context, size int) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for {
		full := g.full(size)
		switch {
		case g.closed:
			return transport.ErrClosed
		case full == nil, g.overflow == transport.DropOldest && g.events/2 < g.limit && g.waiting/2 < g.bytes:
			g.events++
			g.waiting += size
			return nil
		case g.overflow != transport.Block:
			return full
		case onReactor():
			return fmt.Errorf("%w; a callback can't wait for room, which only the reactor makes", full)
		}
		if err := g.wait(ctx); err != nil {
			return fmt.Errorf("%w: %w", full, err)
		}
	}
}

// full returns the error for an event that has no room. It needs the lock.
func (g *gate) full(size int) error {
	switch {
	case g.events >= g.limit:
		return fmt.Errorf("%w: %d events are waiting (queue_size)", transport.ErrQueueFull, g.queue)
	case g.waiting > 0 && g.waiting+size > g.bytes:
		return fmt.Errorf("%w: %d bytes are waiting, and the event has %d (queue_bytes %d)", transport.ErrQueueFull, g.waiting, size, g.bytes)
	}
	return nil
}

// wait gives up the lock until there may be room.
func (g *gate) wait(ctx context.Context) error {
	room := make(chan struct{})
	g.callers = append(g.callers, room)
	g.mu.Unlock()
	var err error
	select {
	case <-room:
	case <-g.closing:
		err = transport.ErrClosed
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	g.mu.Lock()
	if i := slices.Index(g.callers, room); i >= 0 {
		g.callers = slices.Delete(g.callers, i, i+1)
	} else if err != nil {
		g.next() // the room was announced to one who has left
	}
	return err
}

func (g *gate) next() {
	if len(g.callers) > 0 {
		close(g.callers[0])
		g.callers = slices.Delete(g.callers, 0, 1)
	}
}

// start counts an event out of those that wait.
func (g *gate) start(size int) { g.leave(0, size) }

// leave counts out an event that is in flight no longer, or does not wait any
// more.
func (g *gate) leave(events, size int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.events -= events
	g.waiting -= size
	g.next()
}

// close lets nobody in any more, and sends away those who wait.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	close(g.closing)
}

// onReactor reports whether a callback is the caller: whether what calls
// callbacks is on the stack. It is slow, and asked only before a wait.
func onReactor() bool {
	pcs := make([]uintptr, 64)
	for skip := 0; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs)
		if n == 0 {
			return false
		}
		for frames := runtime.CallersFrames(pcs[:n]); ; {
			frame, more := frames.Next()
			if strings.HasSuffix(frame.Function, "reactortransport."+callerOfCallbacks) {
				return true
			}
			if !more {
				break
			}
		}
	}
}
