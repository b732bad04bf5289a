package reactortransport

import "sync"

// inbox holds the messages that the reactor has not read yet. Putting one in
// never waits, so that callbacks, which run on the reactor, may do it. The gate
// bounds what is in it.
type inbox struct {
	wake chan struct{} // has room for one
	done chan struct{} // closed when there is no reactor any more

	mu       sync.Mutex
	messages ring[func()]
	started  bool // there is a reactor
	closing  bool // it may end
	ended    bool // it has
}

func newInbox() *inbox {
	return &inbox{wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// put leaves a message; first tells the caller to start the reactor.
func (b *inbox) put(message func()) (first, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return false, false
	}
	b.messages.push(message)
	first = !b.started
	b.started = true
	b.rouse()
	return first, true
}

func (b *inbox) rouse() {
	select {
	case b.wake <- struct{}{}:
	default: // it is awake already
	}
}

// take waits for a message. It reports false when the inbox is closed and empty
// and nothing else keeps the reactor; there is none any more then.
func (b *inbox) take(mayEnd bool) (message func(), ok bool) {
	for {
		b.mu.Lock()
		if b.messages.len > 0 {
			message = b.messages.pop()
			b.mu.Unlock()
			return message, true
		}
		if b.closing && mayEnd {
			b.end()
			b.mu.Unlock()
			return nil, false
		}
		b.mu.Unlock()
		<-b.wake
	}
}

// close lets the reactor end once nothing keeps it.
func (b *inbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closing = true
	if !b.started {
		b.end()
	}
	b.rouse()
}

// end needs the lock.
func (b *inbox) end() {
	b.ended = true
	close(b.done)
}
