package seen

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/errchain"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

const (
	// maxMarks is how many errors a client remembers.
	maxMarks = 32
	// recently is how long it remembers them.
	recently = 5 * time.Second
)

// Recent are the errors that a client has just captured. Loggers often have no
// context, so a log record about one of them is recognised by the error and the
// place: the same function, or a function and one of its callers, direct or
// not. It is safe for concurrent use.
type Recent struct {
	last [Ways]atomic.Int64 // when something was added, in ns

	mu      sync.Mutex
	list    []Mark // guarded by mu; a ring, once it is full
	next    int    // guarded by mu; the oldest, once the ring is full
	tickets uint32 // guarded by mu; the last one given
}

// Mark describes a captured error without keeping it alive.
type Mark struct {
	Type    *errchain.Type // nil if only the text is known
	Addr    uintptr        // of an error that is a pointer
	Text    uint64         // a hash
	Context uintptr        // an address; 0 for the client's own
	How     Way
	At      time.Time
	Stack   stack.Stack

	ticket uint32 // 0 if it was found or lost
}

var textSeed = maphash.MakeSeed()

// Text is the hash of what an error says.
func Text(s string) uint64 { return maphash.String(textSeed, s) }

// Awaits reports whether an error was just captured in another way.
func (r *Recent) Awaits(how Way, now time.Time) bool {
	for other := range Ways {
		if at := r.last[other].Load(); other != how && at != 0 && now.UnixNano()-at < int64(recently) {
			return true
		}
	}
	return false
}

// Add keeps a copy of a mark. The ticket is for Forget.
func (r *Recent) Add(m Mark) (ticket uint32) {
	r.last[m.How].Store(m.At.UnixNano())
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.list) < maxMarks {
		r.list = append(r.list, Mark{})
	}
	e := &r.list[r.next]
	r.next = (r.next + 1) % maxMarks
	r.tickets = max(r.tickets+1, 1)
	m.ticket, m.Stack = r.tickets, append(e.Stack[:0], m.Stack...)
	*e = m
	return m.ticket
}

// Take reports whether the same error was just captured in another way. Each
// mark is found once.
func (r *Recent) Take(m Mark) bool {
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

// Forget removes the mark with a ticket.
func (r *Recent) Forget(ticket uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.list {
		if r.list[i].ticket == ticket {
			r.list[i].ticket = 0
		}
	}
}

// same reports whether two marks are of the same occurrence of an error.
func (m *Mark) same(later *Mark) bool {
	return m.How != later.How && m.Text == later.Text && later.At.Sub(m.At) < recently &&
		(m.Type == nil || later.Type == nil || m.Type == later.Type && m.Addr == later.Addr) &&
		(m.Context == 0 || later.Context == 0 || m.Context == later.Context) &&
		m.Stack.Near(later.Stack)
}
