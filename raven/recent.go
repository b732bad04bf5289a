package raven

import (
	"hash/maphash"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

const (
	// maxRecent bounds the errors that a client looks for in log records.
	maxRecent = 32
	// recently is how long it looks for them.
	recently = 5 * time.Second
)

// recent are the errors that a client has just captured. Loggers often have no
// context, so a log record about one of them is told by the error itself and by
// the place: it is made by the function that captured the error, or by one that
// called it, or the other way round. It is safe for concurrent use.
type recent struct {
	last [ways]atomic.Int64 // when something was added, in ns

	mu      sync.Mutex
	list    []mark // guarded by mu; a ring, once it is full
	next    int    // guarded by mu; the oldest, once the ring is full
	tickets uint32 // guarded by mu; the last one given
}

// mark is an error that was captured, without keeping it alive.
type mark struct {
	kind  *errorType // nil if only the text is known
	addr  uintptr    // of an error that is a pointer
	text  uint64     // a hash
	scope uintptr    // the Context; 0 for the client's own
	how   way
	at    time.Time
	stack stack.Stack

	ticket uint32 // 0 once it was found, or lost
}

// textSeed makes hashes of texts.
var textSeed = maphash.MakeSeed()

// mark describes the captured error.
func (d *draft) mark(c *Client) mark {
	first := &d.links[0]
	m := mark{text: maphash.String(textSeed, first.message()), how: d.how, at: d.now, stack: d.captureStack()}
	if !d.textOnly {
		m.kind = first.kind
		if first.kind.pointer {
			m.addr = reflect.ValueOf(first.err).Pointer()
		}
	}
	if d.scope != &c.own {
		m.scope = reflect.ValueOf(d.scope).Pointer()
	}
	return m
}

// awaits reports whether something was captured just now in another way.
func (r *recent) awaits(how way, now time.Time) bool {
	for other := range ways {
		if at := r.last[other].Load(); other != how && at != 0 && now.UnixNano()-at < int64(recently) {
			return true
		}
	}
	return false
}

// add keeps a copy of a mark and returns the ticket with which to forget it.
func (r *recent) add(m mark) (ticket uint32) {
	r.last[m.how].Store(m.at.UnixNano())
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.list) < maxRecent {
		r.list = append(r.list, mark{})
	}
	e := &r.list[r.next]
	r.next = (r.next + 1) % maxRecent
	r.tickets = max(r.tickets+1, 1)
	m.ticket, m.stack = r.tickets, append(e.stack[:0], m.stack...)
	*e = m
	return m.ticket
}

// take reports whether the same error was captured in another way just now. It
// is found once: what comes after it is something else.
func (r *recent) take(m mark) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.list {
		if e := &r.list[i]; e.ticket != 0 && e.same(&m) {
			e.ticket = 0
			return true
		}
	}
	return false
}

func (r *recent) forget(ticket uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.list {
		if r.list[i].ticket == ticket {
			r.list[i].ticket = 0
		}
	}
}

// same reports whether two marks are of one error on one occasion.
func (m *mark) same(later *mark) bool {
	return m.how != later.how && m.text == later.text && later.at.Sub(m.at) < recently &&
		(m.kind == nil || later.kind == nil || m.kind == later.kind && m.addr == later.addr) &&
		(m.scope == 0 || later.scope == 0 || m.scope == later.scope) &&
		m.stack.Near(later.stack)
}
