package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/search"
)

// Filter chooses events. The zero value chooses all.
type Filter struct {
	Query *search.Query
	Key   string // the public key of a tenant; "" for every key
}

// Match reports whether the filter chooses the event.
func (f Filter) Match(e *Event) bool {
	return (f.Key == "" || e.PublicKey == f.Key) && e.Matches(f.Query)
}

// Page is one page of a list, newest first.
type Page struct {
	Events []*Event
	Total  int   // the number of events that the filter chooses
	Next   int64 // List's before for the next page; 0 on the last page
}

// Events returns all events, newest first.
func (s *Store) Events() []*Event {
	var out []*Event
	for _, d := range slices.Backward(s.snapshot().withs) {
		for _, e := range slices.Backward(d.Events) {
			out = append(out, e)
		}
	}
	return out
}

// List returns up to limit events that the filter chooses, newest first. It
// returns those with a Seq below before, or for 0 the newest. If ctx ends
// before all events are examined, the error is its cause.
func (s *Store) List(ctx context.Context, f Filter, before int64, limit int) (Page, error) {
	var p Page
	for _, d := range slices.Backward(s.snapshot().withs) {
		if ctx.Err() != nil {
			return Page{}, context.Cause(ctx)
		}
		for _, e := range slices.Backward(d.Events) {
			if !f.Match(e) {
				continue
			}
			p.Total++
			switch {
			case before > 0 && e.Seq >= before:
			case len(p.Events) < limit:
				p.Events = append(p.Events, e)
			case p.Next == 0 && limit > 0:
				p.Next = p.Events[limit-1].Seq
			}
		}
	}
	return p, nil
}

// Event returns the event with the id, or with the Seq if id is a decimal
// number. Of several with the same id it returns the newest.
func (s *Store) Event(id string) (*Event, bool) {
	seq, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		seq = 0
	}
	for _, d := range slices.Backward(s.snapshot().withs) {
		for _, e := range slices.Backward(d.Events) {
			if e.EventID == id || seq > 0 && e.Seq == seq {
				return e, true
			}
		}
	}
	return nil, false
}

// Neighbours returns the events before and after the one with the number, among
// those that the filter chooses. It returns nil where there is none. If ctx
// ends first, the error is its cause.
func (s *Store) Neighbours(ctx context.Context, f Filter, seq int64) (older, newer *Event, err error) {
	for _, d := range s.snapshot().withs {
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		for _, e := range d.Events {
			switch {
			case !f.Match(e):
			case e.Seq < seq:
				older = e
			case e.Seq > seq:
				return older, e, nil
			}
		}
	}
	return older, nil, nil
}

// Delivery returns the delivery with the number.
func (s *Store) Delivery(seq int64) (*Delivery, bool) {
	snap := s.snapshot()
	for _, list := range [][]*Delivery{snap.withs, snap.withouts} {
		if i, ok := slices.BinarySearchFunc(list, seq, bySeq); ok {
			return list[i], true
		}
	}
	return nil, false
}

// Deliveries returns up to limit deliveries, newest first. It returns those
// with a Seq below before, or for 0 the newest. A nil keep chooses all. total
// is the number of chosen deliveries. next is the before for the next page, or
// 0 on the last.
func (s *Store) Deliveries(keep func(*Delivery) bool, before int64, limit int) (page []*Delivery, total int, next int64) {
	for _, d := range slices.Backward(s.snapshot().merged(0)) {
		if keep != nil && !keep(d) {
			continue
		}
		total++
		switch {
		case before > 0 && d.Seq >= before:
		case len(page) < limit:
			page = append(page, d)
		case next == 0 && limit > 0:
			next = page[limit-1].Seq
		}
	}
	return page, total, next
}

func bySeq(d *Delivery, seq int64) int { return int(d.Seq - seq) }

// view is a snapshot of a store's contents.
type view struct {
	withs, withouts []*Delivery
	deleted         int
	last, evicted   int64
	changed         <-chan struct{}
	closed          bool
}

func (s *Store) snapshot() view {
	s.mu.Lock()
	defer s.mu.Unlock()
	return view{s.withs, s.withouts, s.deleted, s.last, s.evicted, s.changed, s.closed}
}

// merged returns the deliveries and events with a number above after, in order.
// The first delivery and some of its events may have lower numbers.
func (v view) merged(after int64) []*Delivery {
	i, _ := slices.BinarySearchFunc(v.withs, after+1, bySeq)
	if i > 0 && v.withs[i-1].lastSeq() > after {
		i--
	}
	j, _ := slices.BinarySearchFunc(v.withouts, after+1, bySeq)
	a, b := v.withs[i:], v.withouts[j:]
	out := make([]*Delivery, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].Seq < b[0].Seq {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// WaitError is the error of a Wait that ended early.
type WaitError struct {
	Want, Got int
	Filter    Filter
	Cause     error
}

// Error says how many events arrived, and how many were wanted.
func (e *WaitError) Error() string {
	what := "events"
	if q := e.Filter.Query.String(); q != "" {
		what = fmt.Sprintf("events that match %q", q)
	}
	return fmt.Sprintf("%d of %d %s arrived: %v", e.Got, e.Want, what, e.Cause)
}

// Unwrap returns Cause.
func (e *WaitError) Unwrap() error { return e.Cause }

// Wait returns the first n events that the filter chooses, oldest first, as
// soon as there are n. Events that arrived before the call count. If ctx ends
// or the store is closed first, the error is a [*WaitError], and Wait returns
// the events that arrived. Events that are deleted meanwhile do not count.
func (s *Store) Wait(ctx context.Context, n int, f Filter) ([]*Event, error) {
	var (
		matched []*Event
		seen    int64
		deleted = -1
		alive   = ctx.Err() == nil
	)
	for {
		v := s.snapshot()
		if v.deleted != deleted {
			matched, seen, deleted = nil, 0, v.deleted
		}
		i, _ := slices.BinarySearchFunc(v.withs, seen+1, bySeq)
		for _, d := range v.withs[i:] {
			if alive && ctx.Err() != nil {
				break // the waiter has left, so stop searching
			}
			seen = d.Seq
			for _, e := range d.Events {
				if len(matched) < n && f.Match(e) {
					matched = append(matched, e)
				}
			}
		}
		switch {
		case len(matched) >= n:
			return matched, nil
		case v.closed:
			return matched, &WaitError{Want: n, Got: len(matched), Filter: f, Cause: ErrClosed}
		}
		select {
		case <-v.changed:
		case <-ctx.Done():
			return matched, &WaitError{Want: n, Got: len(matched), Filter: f, Cause: context.Cause(ctx)}
		}
	}
}
