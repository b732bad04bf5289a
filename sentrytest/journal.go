package sentrytest

import (
	"sync"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// journal holds everything that the server received. Its entries are never
// modified, so that readers may copy them without the lock.
type journal struct {
	mu      sync.Mutex // guards everything below
	records records
	lastID  int
	max     int // of each record; 0 for no bound
	dropped Dropped
	cleared int           // how often Clear ran, so that a Wait under way starts over
	changed chan struct{} // closed and given up when something is recorded; nil while no caller waits
	closed  bool
}

// records are the lists of a journal, each in the order of arrival.
type records struct {
	requests  []*Request
	events    []*storedEvent
	traces    []*storedEvent // transactions
	envelopes []*Envelope
	rejected  []*Rejection
}

// storedEvent is an event as it arrived. It is read into an Event when it is
// first asked for, since a load test sends far more events than it looks at.
type storedEvent struct {
	object   jsontree.Object
	id       string
	request  *Request
	envelope *Envelope   // that carried it; nil on the store endpoint
	itemType string      // the type of an event without one; "" for an error
	claimed  atomic.Bool // by an assertion; see FailOnUnclaimed
	once     sync.Once
	event    *Event
}

// get returns the normalised event, which is shared: callers clone it.
func (e *storedEvent) get() Event {
	e.once.Do(func() {
		event := normalize(e.object)
		event.EventID = e.id
		event.Received = *e.request
		if event.SDK.Name == "" {
			event.SDK.Name, event.SDK.Version = wire.SplitClient(e.request.Client)
		}
		if event.Type == "" {
			event.Type = e.itemType
		}
		if e.envelope != nil {
			event.Attachments = e.envelope.files()
		}
		e.event = &event
	})
	return *e.event
}

func (e *storedEvent) copy() Event { return e.get().Clone() }

// entry is what one request adds to the journal.
type entry struct {
	request *Request
	kept
	rejection *Rejection
}

// carry gives everything that came with the request a reference to it. What has
// one keeps it, since a hook may hold it.
func (e *entry) carry() {
	for _, ev := range e.events {
		ev.request = e.request
	}
	for _, trace := range e.traces {
		trace.request = e.request
	}
	if e.envelope != nil && e.envelope.Received.ID == 0 {
		e.envelope.Received = *e.request
	}
	if e.rejection != nil && e.rejection.Request.ID == 0 {
		e.rejection.Request = *e.request
	}
}

func (j *journal) add(e entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e.request.ID == 0 { // else nextID has set it
		j.lastID++
		e.request.ID = j.lastID
	}
	e.carry()
	r := &j.records
	r.requests = keep(r.requests, j.max, &j.dropped.Requests, e.request)
	r.events = keep(r.events, j.max, &j.dropped.Events, e.events...)
	r.traces = keep(r.traces, j.max, &j.dropped.Transactions, e.traces...)
	if e.envelope != nil {
		r.envelopes = keep(r.envelopes, j.max, &j.dropped.Envelopes, e.envelope)
	}
	if e.rejection != nil {
		r.rejected = keep(r.rejected, j.max, &j.dropped.Rejected, e.rejection)
	}
	j.broadcastLocked()
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
	s.findings.keep(s.clear())
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
