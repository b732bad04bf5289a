package transport

import (
	"context"
	"errors"
	"sync"
)

// Loop is an event loop of the program: of a GUI, a game, a reactor. A
// transport on a loop runs its callbacks only there, so that they may use the
// loop's data without locks. [NewLoop] makes one for programs that have none.
type Loop interface {
	// Post queues fn to run on the loop, after the functions posted before, and
	// reports whether it will run: false if no loop runs. Post does not wait.
	// It may be called on the loop and on other goroutines.
	Post(fn func()) bool
}

// EventLoop is a Loop whose functions run on the goroutine that calls
// [EventLoop.Run]. The zero value is ready to use. An EventLoop is safe for
// concurrent use.
type EventLoop struct {
	mu      sync.Mutex
	running bool
	ending  bool // Post returns false
	posted  []func()
	wake    chan struct{} // made by Run; has room for one
}

var _ Loop = (*EventLoop)(nil)

// NewLoop returns a loop.
func NewLoop() *EventLoop { return new(EventLoop) }

// Post queues fn for Run. It returns false and drops fn unless Run is running
// and its context has not ended.
func (l *EventLoop) Post(fn func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.running || l.ending {
		return false
	}
	l.posted = append(l.posted, fn)
	select {
	case l.wake <- struct{}{}:
	default: // a wake-up is pending already
	}
	return true
}

var errLoopRuns = errors.New("transport: the loop is running already")

// Run runs the posted functions, one at a time, until ctx ends. Then it runs
// those that were posted before, and returns the cause of ctx's end. It returns
// an error at once if the loop is running already. If a function panics, Run
// panics.
func (l *EventLoop) Run(ctx context.Context) error {
	l.mu.Lock()
	if l.running {
		l.mu.Unlock()
		return errLoopRuns
	}
	l.running, l.wake = true, make(chan struct{}, 1)
	l.mu.Unlock()
	defer l.stop()
	for ctx.Err() == nil {
		if fn, ok := l.next(); ok {
			fn()
			continue
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
		}
	}
	l.refuse() // a function may post another one forever
	for fn, ok := l.next(); ok; fn, ok = l.next() {
		fn()
	}
	return context.Cause(ctx)
}

func (l *EventLoop) next() (fn func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.posted) == 0 {
		l.posted = nil
		return nil, false
	}
	fn, l.posted[0] = l.posted[0], nil
	l.posted = l.posted[1:]
	return fn, true
}

func (l *EventLoop) refuse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ending = true
}

func (l *EventLoop) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running, l.ending = false, false
}
