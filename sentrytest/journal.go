package sentrytest

import "sync"

// journal holds everything that the server received. The entries of its records
// are never modified, so that readers may copy them without the lock.
type journal struct {
	judge func(*verdict, *Request) // reads a body again; nil keeps every entry whole

	mu      sync.Mutex // guards everything below
	records records
	heads   []*Request // of the latest clients, the latest first
	whole   []*packed  // the requests that are kept whole, the oldest first
	size    int        // bytes of their decoded bodies
	lastID  int
	max     int // of each record; 0 for no bound
	dropped Dropped
	cleared int           // how often Clear ran, so that a Wait under way starts over
	changed chan struct{} // closed and given up when something is recorded; nil while no caller waits
	closed  bool
}

// records are the lists of a journal, each in the order of arrival.
type records struct {
	requests  []*packed
	events    []*packedEvent
	traces    []*packedEvent // transactions
	envelopes []*packed
	rejected  []*packed
}

// maxWhole limits the decoded bodies, in bytes, that are kept so that a test
// which looks at them need not read them again.
const maxWhole = 4 << 20

// packsAtOnce reports whether the next request need not be kept whole: there
// are enough, and nobody waits for it.
func (j *journal) packsAtOnce() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.judge != nil && j.changed == nil && j.size >= maxWhole-maxWhole/8
}

// add records an entry. It keeps no reference to an entry that it is to pack.
func (j *journal) add(e *entry, pack bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e.request.ID == 0 { // else nextID has set it
		j.lastID++
		e.request.ID = j.lastID
	}
	e.carry()
	p := e.pack(j.headLocked(e.request))
	events, traces := p.eventsOf(e)
	r := &j.records
	if j.max > 0 && len(r.requests) == j.max && len(j.whole) > 0 && j.whole[0] == r.requests[0] {
		j.packOldestLocked() // before it is dropped
	}
	r.requests = keep(r.requests, j.max, &j.dropped.Requests, p)
	r.events = keep(r.events, j.max, &j.dropped.Events, events...)
	r.traces = keep(r.traces, j.max, &j.dropped.Transactions, traces...)
	if e.envelope != nil {
		r.envelopes = keep(r.envelopes, j.max, &j.dropped.Envelopes, p)
	}
	if e.rejection != nil {
		r.rejected = keep(r.rejected, j.max, &j.dropped.Rejected, p)
	}
	if !pack {
		p.whole.Store(e)
		j.whole = append(j.whole, p)
		j.size += e.size()
	}
	for j.judge != nil && len(j.whole) > 1 && j.size > maxWhole {
		j.packOldestLocked()
	}
	j.broadcastLocked()
}

// packOldestLocked gives up what can be read again of the oldest request that
// is whole.
func (j *journal) packOldestLocked() {
	j.size -= j.whole[0].whole.Swap(nil).size()
	j.whole = j.whole[1:]
}

// countWholeLocked counts after requests were removed.
func (j *journal) countWholeLocked() {
	j.whole, j.size = nil, 0
	for _, p := range j.records.requests {
		if e := p.whole.Load(); e != nil {
			j.whole = append(j.whole, p)
			j.size += e.size()
		}
	}
}

// read returns everything that a request says.
func (j *journal) read(p *packed) *entry {
	if e := p.whole.Load(); e != nil {
		return e
	}
	return p.unpack(j.judge)
}

// nextID returns the id of a request that a hook sees before it is added.
func (j *journal) nextID() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lastID++
	return j.lastID
}

func (j *journal) broadcastLocked() {
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

// changeLocked returns a channel that is closed when something is recorded, or
// the journal closes.
func (j *journal) changeLocked() <-chan struct{} {
	if j.changed == nil {
		j.changed = make(chan struct{})
	}
	return j.changed
}

// close wakes every Wait. Records can still be read, and the last handlers may
// still add theirs.
func (j *journal) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	j.broadcastLocked()
}

// Clear removes what was received so far, by its tenants too. The script stays.
func (s *Server) Clear() {
	s.problems.Clear()
	s.findings.keep(&s.scope, s.clear())
}

// Dropped counts what a server removed to stay within [MaxHistory].
type Dropped struct {
	Requests, Events, Transactions, Envelopes, Rejected int
}

// MaxHistory limits the requests, events, transactions, envelopes and
// rejections that a server remembers to the newest n each. Zero and below mean
// no limit, which is the default. It is for servers that run for days or under
// load. A test can't check what was dropped, so it excludes [FailOnUnclaimed],
// and [Strict] in a test.
func MaxHistory(n int) Option {
	return func(c *config) { c.maxHistory = max(n, 0) }
}

// Dropped returns how much the server has dropped because of [MaxHistory] since
// it started. [Server.Clear] neither counts nor resets the numbers.
func (s *Server) Dropped() Dropped {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return s.journal.dropped
}

// keep appends to a record and drops its oldest entries. It does not overwrite
// them, since readers may hold the slice; they are freed when the slice next
// grows.
func keep[T any](record []T, most int, dropped *int, more ...T) []T {
	record = append(record, more...)
	if excess := len(record) - most; most > 0 && excess > 0 {
		*dropped += excess
		record = record[excess:]
	}
	return record
}
