package store

import "context"

// Feed reads a store in the order of arrival and waits for more. It is for one goroutine.
type Feed struct {
	store *Store
	after int64
}

// Feed returns a feed of what has a number above after: 0 for everything that is kept, [Store.Last] for what comes.
func (s *Store) Feed(after int64) *Feed { return &Feed{store: s, after: after} }

// Next returns the deliveries since the last call, waiting until there is at least one. missed reports that some could
// not be read because they were dropped to stay within the bounds. The error is the context's, or ErrClosed once
// everything has been read of a store that is closed.
func (f *Feed) Next(ctx context.Context) (news []*Delivery, missed bool, err error) {
	for {
		v := f.store.snapshot()
		missed = f.after < v.evicted
		if news = v.merged(f.after); len(news) > 0 {
			f.after = news[len(news)-1].lastSeq()
			return news, missed, nil
		}
		if v.closed {
			return nil, missed, ErrClosed
		}
		select {
		case <-v.changed:
		case <-ctx.Done():
			return nil, missed, context.Cause(ctx)
		}
	}
}

// Last returns the newest number of the sequence, 0 for a store that has never received anything.
func (s *Store) Last() int64 { return s.snapshot().last }

// Changed returns a channel that is closed at the next change of any kind: something arrived, was dropped or deleted,
// a tenant was minted, the store was closed. Ask for it before reading what it is about.
func (s *Store) Changed() <-chan struct{} { return s.snapshot().changed }
