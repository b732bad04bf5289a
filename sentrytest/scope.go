package sentrytest

import (
	"context"
)

// scope is what one party sees of a journal: a server everything, a tenant what
// came with its DSN.
type scope struct {
	journal *journal
	mine    func(*Request) bool // nil for everything
}

func (s *Server) scope() scope { return scope{journal: &s.journal} }

func (v scope) sees(r *Request) bool { return v.mine == nil || v.mine(r) }

func (v scope) events() []Event {
	return collect(v, &v.journal.events, (*storedEvent).carrier, (*storedEvent).copy)
}

func (v scope) transactions() []Event {
	return collect(v, &v.journal.traces, (*storedEvent).carrier, (*storedEvent).copy)
}

func (v scope) envelopes() []Envelope {
	return collect(v, &v.journal.envelopes, (*Envelope).carrier, (*Envelope).Clone)
}

func (v scope) requests() []Request {
	return collect(v, &v.journal.requests, (*Request).itself, (*Request).clone)
}

func (v scope) rejected() []Rejection {
	return collect(v, &v.journal.rejected, (*Rejection).carrier, (*Rejection).clone)
}

// collect returns copies of one record, made without holding up the server.
func collect[T, C any](v scope, record *[]T, carrier func(T) *Request, clone func(T) C) []C {
	v.journal.mu.Lock()
	stored := *record
	v.journal.mu.Unlock()
	out := make([]C, 0, len(stored))
	for _, one := range stored {
		if v.sees(carrier(one)) {
			out = append(out, clone(one))
		}
	}
	return out
}

// records returns what findings are made of.
func (v scope) records() records {
	v.journal.mu.Lock()
	all := v.journal.recordsLocked()
	v.journal.mu.Unlock()
	return v.only(all)
}

func (v scope) only(r records) records {
	return records{
		requests:  filter(r.requests, (*Request).itself, v.sees),
		events:    filter(r.events, (*storedEvent).carrier, v.sees),
		envelopes: filter(r.envelopes, (*Envelope).carrier, v.sees),
	}
}

// clear removes what the scope has, and returns it. Every Wait under way starts
// over, for it can't tell what is gone.
func (v scope) clear() records {
	j := v.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	cleared := v.only(j.recordsLocked())
	others := func(r *Request) bool { return !v.sees(r) }
	j.requests = filter(j.requests, (*Request).itself, others)
	j.events = filter(j.events, (*storedEvent).carrier, others)
	j.traces = filter(j.traces, (*storedEvent).carrier, others)
	j.envelopes = filter(j.envelopes, (*Envelope).carrier, others)
	j.rejected = filter(j.rejected, (*Rejection).carrier, others)
	j.cleared++
	return cleared
}

// filter makes a new list, since readers may hold the old one.
func filter[T any](list []T, carrier func(T) *Request, keep func(*Request) bool) []T {
	var rest []T
	for _, one := range list {
		if keep(carrier(one)) {
			rest = append(rest, one)
		}
	}
	return rest
}

func (r *Request) itself() *Request    { return r }
func (e *Envelope) carrier() *Request  { return &e.Received }
func (r *Rejection) carrier() *Request { return &r.Request }

// wait returns the first n events that meet the predicates, and in place of
// them what ended the wait and those that there were.
func (v scope) wait(ctx context.Context, n int, preds []Predicate) (matched []Event, cause error) {
	var (
		next    int // how many events, counted from the journal's first, have been looked at
		cleared = -1
	)
	for {
		v.journal.mu.Lock()
		first := v.journal.dropped.Events
		if v.journal.cleared != cleared {
			cleared, next, matched = v.journal.cleared, first, nil
		}
		fresh := v.journal.events[max(next-first, 0):]
		next = first + len(v.journal.events)
		changed, closed := v.journal.changeLocked(), v.journal.closed
		v.journal.mu.Unlock()

		for _, stored := range fresh {
			if len(matched) >= n {
				break
			}
			if !v.sees(stored.request) {
				continue
			}
			if e := stored.copy(); matchesAll(e, preds) {
				matched = append(matched, e)
			}
		}
		if len(matched) >= n {
			return matched, nil
		}
		if closed {
			return matched, ErrClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return matched, context.Cause(ctx)
		}
	}
}

// claimKey tells events apart: an envelope has one event, and one id may arrive
// in several requests.
type claimKey struct {
	request int
	id      string
}

// claim marks the events as expected by an assertion.
func (v scope) claim(events []Event) {
	wanted := make(map[claimKey]bool, len(events))
	for _, e := range events {
		wanted[claimKey{e.Received.ID, e.EventID}] = true
	}
	v.journal.mu.Lock()
	stored := v.journal.events
	v.journal.mu.Unlock()
	for _, s := range stored {
		if wanted[claimKey{s.request.ID, s.id}] {
			s.claimed.Store(true)
		}
	}
}

// unclaimed returns the events that no assertion has claimed.
func (v scope) unclaimed() []Event {
	unclaimed := func(s *storedEvent) *storedEvent {
		if s.claimed.Load() {
			return nil
		}
		return s
	}
	var out []Event
	for _, s := range collect(v, &v.journal.events, (*storedEvent).carrier, unclaimed) {
		if s != nil {
			out = append(out, s.copy())
		}
	}
	return out
}
