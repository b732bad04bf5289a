package sentrytest

import (
	"sync"
)

// journal holds everything that the server received. What it stores is never modified afterwards, so
// that readers may copy it outside the lock.
type journal struct {
	mu        sync.Mutex // guards everything below
	requests  []*Request
	events    []*storedEvent
	traces    []*storedEvent // transactions
	envelopes []*Envelope
	rejected  []*Rejection
	lastID    int
	cleared   int           // how often Clear ran, so that a Wait under way starts over
	changed   chan struct{} // closed and replaced whenever something is recorded
	closed    bool
}

// storedEvent is an event in the form it arrived in. Reading it into an Event is put off until somebody
// asks: a load test sends far more events than it looks at.
type storedEvent struct {
	raw      []byte
	id       string
	request  *Request
	envelope *Envelope // that carried it; nil on the store endpoint
	itemType string    // what it is if it does not say so itself; "" for an event
	once     sync.Once
	event    Event
}

// get returns the normalised event, which is shared: callers clone it.
func (e *storedEvent) get() Event {
	e.once.Do(func() {
		e.event = normalize(e.raw)
		e.event.EventID = e.id
		e.event.Received = *e.request
		if e.event.SDK.Name == "" {
			e.event.SDK.Name, e.event.SDK.Version = splitClient(e.request.Client)
		}
		if e.event.Type == "" {
			e.event.Type = e.itemType
		}
		if e.envelope != nil {
			e.event.Attachments = e.envelope.files()
		}
	})
	return e.event
}

func (e *storedEvent) copy() Event { return e.get().Clone() }

// entry is what one request adds to the journal.
type entry struct {
	request   *Request
	events    []*storedEvent
	traces    []*storedEvent
	envelope  *Envelope
	rejection *Rejection
}

func (j *journal) add(e entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e.request.ID == 0 { // else it was given out by nextID
		j.lastID++
		e.request.ID = j.lastID
	}
	j.requests = append(j.requests, e.request)
	for _, ev := range e.events {
		ev.request = e.request
		j.events = append(j.events, ev)
	}
	for _, trace := range e.traces {
		trace.request = e.request
		j.traces = append(j.traces, trace)
	}
	if e.envelope != nil {
		e.envelope.Received = *e.request
		j.envelopes = append(j.envelopes, e.envelope)
	}
	if e.rejection != nil {
		e.rejection.Request = *e.request
		j.rejected = append(j.rejected, e.rejection)
	}
	j.broadcastLocked()
}

// nextID gives out the id of a request that is shown to the program before it is added.
func (j *journal) nextID() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lastID++
	return j.lastID
}

func (j *journal) broadcastLocked() {
	if j.closed {
		return
	}
	close(j.changed)
	j.changed = make(chan struct{})
}

// close wakes every Wait for good. Records can still be read, and the last handlers may still add theirs.
func (j *journal) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.closed {
		close(j.changed)
		j.closed = true
	}
}

// snapshot returns copies of a record, made without holding up the server.
func snapshot[T, C any](j *journal, record *[]T, clone func(T) C) []C {
	j.mu.Lock()
	stored := *record
	j.mu.Unlock()
	out := make([]C, len(stored))
	for i, one := range stored {
		out[i] = clone(one)
	}
	return out
}

// Events returns the events that the server accepted, in the order of arrival: bodies of the store endpoint,
// envelope items of type "event", reports of browsers and minidumps. [Server.Transactions], [Server.Sessions] and
// their like have what came beside them, and [Server.Envelopes] has every item.
func (s *Server) Events() []Event {
	return snapshot(&s.journal, &s.journal.events, (*storedEvent).copy)
}

// Envelopes returns the envelopes that the server accepted, in the order of arrival, with all their items,
// known or not.
func (s *Server) Envelopes() []Envelope {
	return snapshot(&s.journal, &s.journal.envelopes, (*Envelope).Clone)
}

// Requests returns every request that reached the server, refused and scripted ones included, in the order
// in which their bodies had arrived. CORS preflights are not recorded.
func (s *Server) Requests() []Request {
	return snapshot(&s.journal, &s.journal.requests, (*Request).clone)
}

// Rejected returns the requests that the server refused because of their contents, with the reason that it
// gave, in the order of arrival.
func (s *Server) Rejected() []Rejection {
	return snapshot(&s.journal, &s.journal.rejected, (*Rejection).clone)
}

// Clear forgets everything that was received so far. It does not touch the script.
func (s *Server) Clear() {
	s.findings.keep(s.forget())
}

// forget empties the journal and returns what was in it.
func (s *Server) forget() records {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	forgotten := s.journal.recordsLocked()
	s.journal.requests, s.journal.events, s.journal.traces = nil, nil, nil
	s.journal.envelopes, s.journal.rejected = nil, nil
	s.journal.cleared++
	s.problems.clear()
	return forgotten
}
