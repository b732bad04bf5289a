package sentrytest

import (
	"context"
	"slices"
)

// scope is what one party sees of a journal: a server everything, a tenant what
// came with its DSN. Its exported methods are methods of Server, Tenant and
// Artifact. The zero value sees nothing.
type scope struct {
	journal *journal
	mine    func(sender) bool // nil for everything
}

func (v *scope) sees(s sender) bool { return v.mine == nil || v.mine(s) }

// all returns the records of the journal, those of others included.
func (v *scope) all() records {
	if v.journal == nil {
		return records{}
	}
	v.journal.mu.Lock()
	defer v.journal.mu.Unlock()
	return v.journal.records
}

// carried is an entry of a record. Every entry came with a request.
type carried interface{ carrier() *packed }

func (p *packed) carrier() *packed      { return p }
func (e *packedEvent) carrier() *packed { return e.in }

// visit reads the entries of a record that the scope sees. Entries that came
// together are read once.
func visit[T carried](v *scope, record []T, see func(T, *entry)) {
	var (
		last *packed
		read *entry
	)
	for _, one := range record {
		p := one.carrier()
		if !v.sees(p.sender()) {
			continue
		}
		if p != last {
			last, read = p, v.journal.read(p)
		}
		see(one, read)
	}
}

// copies returns copies of the entries of a record that the scope sees.
func copies[T carried, C any](v *scope, record []T, copied func(T, *entry) C) []C {
	out := make([]C, 0, len(record))
	visit(v, record, func(one T, e *entry) { out = append(out, copied(one, e)) })
	return out
}

// eventCopies returns copies of the events of a record that the scope sees.
func (v *scope) eventCopies(record []*packedEvent) []Event {
	return copies(v, record, func(one *packedEvent, e *entry) Event { return e.all()[one.place].copy() })
}

// outlines returns the requests without their decoded bodies. They share memory
// with the records.
func (v *scope) outlines() []Request {
	var out []Request
	for _, p := range v.all().requests {
		if v.sees(p.sender()) {
			out = append(out, *p.request())
		}
	}
	return out
}

// brought returns how often each event id arrived.
func (v *scope) brought() map[string]int {
	r := v.only(v.all())
	ids := make(map[string]int, len(r.events)+len(r.traces))
	for _, e := range slices.Concat(r.events, r.traces) {
		ids[e.id]++
	}
	for _, p := range r.envelopes {
		if p.other {
			ids[p.eventID]++
		}
	}
	return ids
}

// only returns the records that the scope sees.
func (v *scope) only(r records) records {
	return records{filter(v, r.requests), filter(v, r.events), filter(v, r.traces), filter(v, r.envelopes), filter(v, r.rejected)}
}

// filter makes a new list, since readers may hold the old one.
func filter[T carried](v *scope, record []T) []T {
	var rest []T
	for _, one := range record {
		if v.sees(one.carrier().sender()) {
			rest = append(rest, one)
		}
	}
	return rest
}

// clear removes what the scope sees and returns it. Every Wait under way starts
// over, since it cannot know what is gone.
func (v *scope) clear() records {
	j := v.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	cleared := v.only(j.records)
	others := &scope{mine: func(s sender) bool { return !v.sees(s) }}
	j.records = others.only(j.records)
	j.countWholeLocked()
	j.cleared++
	return cleared
}

// wait returns the first n events that meet the predicates, or fewer with the
// cause that ended the wait.
func (v *scope) wait(ctx context.Context, n int, preds []Predicate) (matched []Event, cause error) {
	var (
		next    int // the number of events that were looked at, counted from the journal's first
		cleared = -1
	)
	for {
		v.journal.mu.Lock()
		first := v.journal.dropped.Events
		if v.journal.cleared != cleared {
			cleared, next, matched = v.journal.cleared, first, nil
		}
		fresh := v.journal.records.events[max(next-first, 0):]
		next = first + len(v.journal.records.events)
		changed, closed := v.journal.changeLocked(), v.journal.closed
		v.journal.mu.Unlock()

		for _, stored := range fresh {
			if len(matched) >= n {
				break
			}
			if !v.sees(stored.in.sender()) {
				continue
			}
			arrived := v.journal.read(stored.in).all()[stored.place]
			if matchesAll(arrived.get(), preds) {
				matched = append(matched, arrived.copy())
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

// claimKey identifies an event: an envelope has one event, and one id may
// arrive in several requests.
type claimKey struct {
	request int
	id      string
}

// claim marks the events as expected by an assertion.
func (v *scope) claim(events []Event) {
	wanted := make(map[claimKey]bool, len(events))
	for _, e := range events {
		wanted[claimKey{e.Received.ID, e.EventID}] = true
	}
	for _, s := range v.all().events {
		if wanted[claimKey{s.in.id, s.id}] {
			s.claimed.Store(true)
		}
	}
}

// unclaimed returns the events that no assertion has claimed.
func (v *scope) unclaimed() []Event {
	claimed := func(e *packedEvent) bool { return e.claimed.Load() }
	return v.eventCopies(slices.DeleteFunc(slices.Clone(v.all().events), claimed))
}
