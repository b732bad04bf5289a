package transport

import (
	"context"
	"errors"
	"sync"
)

// Loop is an event loop of the program's own: of a GUI, a game, a reactor. A
// transport on a loop runs its callbacks there and nowhere else, so that they
// may touch what belongs to the loop without locks. [NewLoop] makes one for
// programs that have none.
type Loop interface {
	// Post has fn run on the loop, after what was posted before, and reports
	// whether it will be: false while no loop runs. It does not wait, and may
	// be called on the loop and off it.
	Post(fn func()) bool
}

// EventLoop is a Loop: a goroutine that calls [EventLoop.Run] becomes the one
// on which everything runs that is posted. The zero value is ready, and runs
// nothing yet. An EventLoop is safe for concurrent use.
type EventLoop struct {
	mu      sync.Mutex
	running bool
	ending  bool // it takes nothing any more
	posted  []func()
	wake    chan struct{} // made by Run; has room for one
}

var _ Loop = (*EventLoop)(nil)

// NewLoop returns a loop.
func NewLoop() *EventLoop { return new(EventLoop) }

// Post has fn run by Run. It returns false, and forgets fn, unless Run is
// running and its context has not ended.
func (l *EventLoop) Post(fn func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.running || l.ending {
		return false
	}
	l.posted = append(l.posted, fn)
	select {
	case l.wake <- struct{}{}:
	default: // it is awake already
	}
	return true
}

var errLoopRuns = errors.New("transport: the loop is running already")

// Run runs what is posted, one function at a time, until ctx ends; then it runs
// what was posted before that and returns the cause of ctx's end. It returns an
// error at once if the loop is running already. A function that panics ends it
// with the panic.
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
	l.refuse() // since a function may post another for ever
	for fn, ok := l.next(); ok; fn, ok = l.next() {
		fn()
	}
	return context.Cause(ctx)
}

// next returns what was posted first, if there is anything.
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
