package raven

import (
	"sync"
	"time"
)

const (
	// maxSeen bounds the errors that a Context remembers.
	maxSeen = 16
	// seenFor is how long it remembers each of them.
	seenFor = 5 * time.Minute
)

// way is how an error came to be captured.
type way uint8

const (
	byProgram way = iota // by a call of CaptureException
	byReturn             // a function that Wrap called returned it
	byLog                // a log record is about it
	byPanic              // it is the value of a panic
	ways
)

// seen are the errors that were captured with a Context, the latest of them. An
// error is remembered as the pointer that it is; others are values, which say
// nothing of whether they are the same. It is safe for concurrent use.
type seen struct {
	mu      sync.Mutex
	list    []sighting // guarded by mu; a ring, once it is full
	next    int        // guarded by mu; the oldest, once the ring is full
	tickets uint32     // guarded by mu; the last one given
}

// sighting is an error that was handed on to be delivered.
type sighting struct {
	err    error
	at     time.Time
	how    way
	again  bool   // it was captured more than once, so that it is no single occasion
	ticket uint32 // of the event; 0 once that was lost
}

// read returns what is remembered at a time.
func (s *seen) read(now time.Time, into *[maxSeen]sighting) []sighting {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, e := range s.list {
		if e.ticket != 0 && now.Sub(e.at) < seenFor {
			into[n] = e
			n++
		}
	}
	return into[:n]
}

// add remembers an error and returns the ticket with which to forget it.
func (s *seen) add(err error, how way, now time.Time) (ticket uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tickets = max(s.tickets+1, 1)
	made := sighting{err: err, at: now, how: how, ticket: s.tickets}
	for i := range s.list {
		if e := &s.list[i]; e.err == err {
			made.again = e.ticket != 0
			*e = made
			return made.ticket
		}
	}
	if len(s.list) < maxSeen {
		s.list = append(s.list, made)
		return made.ticket
	}
	s.list[s.next] = made
	s.next = (s.next + 1) % maxSeen
	return made.ticket
}

func (s *seen) forget(ticket uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.list {
		if s.list[i].ticket == ticket {
			s.list[i].err, s.list[i].ticket = nil, 0
		}
	}
}

func (s *seen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list, s.next = nil, 0
}

// wrapsSeen reports whether the error wraps one that was captured with the same
// Context before. The client's own Context, which unrelated work shares, does
// not count, and neither does a panic: a crash is more than the error that it
// began with.
func (d *draft) wrapsSeen(c *Client, what *subject) bool {
	if what.err == nil || d.scope == &c.own {
		return false
	}
	var buf [maxSeen]sighting
	known := d.scope.seen.read(d.now, &buf)
	if len(known) == 0 {
		return false
	}
	for i := range d.links[1:] {
		l := &d.links[i+1]
		if !l.kind.pointer || l.err == d.links[0].err {
			continue
		}
		for _, e := range known {
			if e.err == l.err && !e.again && !d.isSentinel(c, l) {
				return true
			}
		}
	}
	return false
}

// saidOtherwise reports whether the same error was captured in another way
// before: it was captured and then logged, or logged and then returned to Wrap.
// Two captures by the program are two events.
func (d *draft) saidOtherwise(c *Client, what *subject) bool {
	if what.err == nil {
		return false
	}
	first := &d.links[0]
	if first.kind.pointer && d.scope != &c.own {
		var buf [maxSeen]sighting
		for _, e := range d.scope.seen.read(d.now, &buf) {
			if e.err == first.err && e.how != d.how && !e.again && !d.isSentinel(c, first) {
				return true
			}
		}
	}
	return c.recent.awaits(d.how, d.now) && c.recent.take(d.mark(c))
}

// memory is what was remembered of an event that is on its way. The tickets are
// 0 for nothing.
type memory struct {
	context        *seen
	ticket, marked uint32
}

// remember notes the captured error, once nothing but its delivery is left.
func (d *draft) remember(c *Client, what *subject) (m memory) {
	if len(d.links) == 0 {
		return m
	}
	if first := &d.links[0]; first.kind.pointer && d.scope != &c.own {
		m.context, m.ticket = &d.scope.seen, d.scope.seen.add(first.err, d.how, d.now)
	}
	if what.err != nil {
		m.marked = c.recent.add(d.mark(c))
	}
	return m
}

// forget undoes remember for an event that was lost.
func (m *memory) forget(c *Client) {
	if m.context != nil {
		m.context.forget(m.ticket)
	}
	if m.marked != 0 {
		c.recent.forget(m.marked)
	}
}
