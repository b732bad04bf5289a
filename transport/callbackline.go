package transport

import "sync"

// callbackLine runs callbacks one at a time, on one goroutine. It begins with
// the first callback and ends with stop.
type callbackLine struct {
	crew *crew
	call func(outcome)
	wake chan struct{} // has room for one

	mu      sync.Mutex
	waiting []outcome // guarded by mu
	running bool      // guarded by mu
	stopped bool      // guarded by mu; the goroutine ends when nothing waits
	loose   bool      // guarded by mu; a callback does not return: the others run beside it
}

func newCallbackLine(c *crew, call func(outcome)) *callbackLine {
	return &callbackLine{crew: c, call: call, wake: make(chan struct{}, 1)}
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
	l.rouse()
}

func (l *callbackLine) rouse() {
	select {
	case l.wake <- struct{}{}:
	default: // it is awake already
	}
}

func (l *callbackLine) run() {
	ended := false
	defer func() {
		if !ended { // a callback has ended the goroutine
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

// next waits for a callback. It returns false at the end of all.
func (l *callbackLine) next() (outcome, bool) {
	for {
		l.mu.Lock()
		if len(l.waiting) > 0 {
			o := l.waiting[0]
			l.waiting[0] = outcome{}
			l.waiting = l.waiting[1:]
			l.mu.Unlock()
			return o, true
		}
		l.waiting = nil
		if l.stopped {
			l.running = false
			l.mu.Unlock()
			return outcome{}, false
		}
		l.mu.Unlock()
		<-l.wake
	}
}

// stop ends the goroutine when nothing waits. What comes later starts it again,
// for as long as something waits.
func (l *callbackLine) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	l.rouse()
}

// loosen gives each callback that waits a goroutine of its own, and each that
// comes.
func (l *callbackLine) loosen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loose = true
	for _, o := range l.waiting {
		l.crew.start(func() { l.call(o) })
	}
	l.waiting = nil
}
