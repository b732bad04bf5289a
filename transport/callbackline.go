package transport

import "sync"

// callbackLine runs callbacks one at a time, on one goroutine. The goroutine
// starts with the first callback and ends after stop.
type callbackLine struct {
	crew *crew
	call func(outcome)

	mu      sync.Mutex
	more    sync.Cond // waiting or stopped has changed
	waiting []outcome // guarded by mu
	running bool      // guarded by mu
	// Guarded by mu; the goroutine ends when the line is empty.
	stopped bool
	// Guarded by mu; a callback does not return, so the others run beside it.
	loose bool
}

func newCallbackLine(c *crew, call func(outcome)) *callbackLine {
	l := &callbackLine{crew: c, call: call}
	l.more.L = &l.mu
	return l
}

func (l *callbackLine) add(o outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.loose {
		l.crew.start(func() { l.call(o) })
		return
	}
	l.waiting = append(l.waiting, o)
	if !l.running {
		l.running = true
		l.crew.start(l.run)
	}
	l.more.Signal()
}

func (l *callbackLine) run() {
	ended := false
	defer func() {
		if !ended { // a callback called runtime.Goexit
			l.crew.start(l.run)
		}
	}()
	for {
		o, ok := l.next()
		if !ok {
			ended = true
			return
		}
		l.call(o)
	}
}

// next waits for a callback. It returns false after stop, when the line is
// empty.
func (l *callbackLine) next() (outcome, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) == 0 {
		l.waiting = nil
		if l.stopped {
			l.running = false
			return outcome{}, false
		}
		l.more.Wait()
	}
	o := l.waiting[0]
	l.waiting[0] = outcome{}
	l.waiting = l.waiting[1:]
	return o, true
}

// stop ends the goroutine when the line is empty. A callback that is added
// later starts it again.
func (l *callbackLine) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	l.more.Signal()
}

// loosen runs each callback on a goroutine of its own, those that wait and
// those that are added later.
func (l *callbackLine) loosen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loose = true
	for _, o := range l.waiting {
		l.crew.start(func() { l.call(o) })
	}
	l.waiting = nil
}
