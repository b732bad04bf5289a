package store

import "context"

// Feed reads a store in the order of arrival and waits for more. It is for one
// goroutine.
type Feed struct {
	store *Store
	after int64
	told  int64 // what was dropped up to here has been reported

	restarted bool // that something was missed has still to be reported
}

// Feed returns a feed of what has a number above after: 0 for everything that
// is kept, [Store.Last] for what comes. A number that the store has not given
// yet comes from an earlier store in memory: everything that is kept follows,
// and something was missed.
func (s *Store) Feed(after int64) *Feed {
	if after > s.Last() {
		return &Feed{store: s, restarted: true}
	}
	return &Feed{store: s, after: after}
}

// After returns the number above which the feed goes on.
func (f *Feed) After() int64 { return f.after }

// Next returns the deliveries since the last call, waiting until there is at
// least one. missed reports, once, that some could not be read because they
// were dropped to stay within the bounds; then there may be none. The error is
// the context's, or ErrClosed once everything has been read of a store that is
// closed.
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

// Last returns the newest number of the sequence, 0 for a store that has never
// received anything.
func (s *Store) Last() int64 { return s.snapshot().last }

// Changed returns a channel that is closed at the next change of any kind:
// something arrived, was dropped or deleted, a tenant was minted, the store was
// closed. Ask for it before reading what it is about.
func (s *Store) Changed() <-chan struct{} { return s.snapshot().changed }
