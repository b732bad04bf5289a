package store

import "context"

// Feed reads a store in the order of arrival and waits for more. It is not safe
// for concurrent use.
type Feed struct {
	store *Store
	after int64
	told  int64 // drops up to this number have been reported

	restarted bool // missed news must still be reported
}

// Feed returns a feed of the deliveries and events with a number above after. 0
// begins with the oldest stored one, [Store.Last] with the next one. If the
// store has not given the number yet, the number comes from an earlier store in
// memory. Then the feed begins with the oldest, and reports that something was
// missed.
func (s *Store) Feed(after int64) *Feed {
	if after > s.Last() {
		return &Feed{store: s, restarted: true}
	}
	return &Feed{store: s, after: after}
}

// After returns the number after which the feed continues.
func (f *Feed) After() int64 { return f.after }

// Next returns the deliveries since the last call. It waits until there is at
// least one. missed reports, once, that some were dropped to stay within the
// bounds; then the list may be empty. The error is the context's, or ErrClosed
// if the store is closed and everything has been read.
func (f *Feed) Next(ctx context.Context) (news []*Delivery, missed bool, err error) {
	for {
		v := f.store.snapshot()
		missed = f.restarted || max(f.after, f.told) < v.evicted
		f.told, f.restarted = v.evicted, false
		if news = v.merged(f.after); len(news) > 0 {
			f.after = news[len(news)-1].lastSeq()
		}
		if len(news) > 0 || missed {
			return news, missed, nil
		}
		if v.closed {
			return nil, false, ErrClosed
		}
		select {
		case <-v.changed:
		case <-ctx.Done():
			return nil, false, context.Cause(ctx)
		}
	}
}

// Last returns the newest number, or 0 if the store has never received
// anything.
func (s *Store) Last() int64 { return s.snapshot().last }

// Changed returns a channel that is closed at the next change: an arrival, a
// drop, a deletion, a new tenant, or the end of the store. Call it before
// reading the store, so that no change is missed.
func (s *Store) Changed() <-chan struct{} { return s.snapshot().changed }
