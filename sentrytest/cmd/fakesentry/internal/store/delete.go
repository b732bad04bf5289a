package store

import (
	"context"
	"slices"
	"time"
)

// Delete deletes the deliveries of the events that the filter chooses. The zero
// filter deletes everything. A filter with only a key also deletes the other
// requests with that key, such as sessions and refused requests. Delete returns
// the number of deleted events, because all events of a delivery are deleted
// together. Numbers are never used again. If ctx ends before all events are
// examined, nothing is deleted.
func (s *Store) Delete(ctx context.Context, f Filter) (events int, err error) {
	if f.Query.String() == "" && f.Key == "" {
		return s.remove(ctx, func(*Delivery) bool { return true }, true)
	}
	chosen := map[*Delivery]bool{}
	for _, d := range s.snapshot().merged(0) {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		chosen[d] = f.choose(d)
	}
	return s.remove(ctx, func(d *Delivery) bool { return chosen[d] }, false)
}

// choose reports whether the filter chooses the delivery.
func (f Filter) choose(d *Delivery) bool {
	if len(d.Events) == 0 {
		return f.Query.String() == "" && d.Request.PublicKey == f.Key
	}
	return slices.ContainsFunc(d.Events, f.Match)
}

// DeleteEvent deletes the delivery of one event, and returns the number of
// deleted events: 0 if there is no such event.
func (s *Store) DeleteEvent(ctx context.Context, id string) (events int, err error) {
	e, ok := s.Event(id)
	if !ok {
		return 0, nil
	}
	return s.remove(ctx, func(d *Delivery) bool { return d == e.Delivery }, false)
}

// remove deletes the deliveries that gone chooses. It calls gone with the store
// locked. If all is set, it also deletes unreadable rows and forgets what was
// dropped.
func (s *Store) remove(ctx context.Context, gone func(*Delivery) bool, all bool) (events int, err error) {
	err = s.commit(ctx, operation{
		alone: true,
		save: func(f *file) error {
			for _, d := range s.snapshot().merged(0) {
				if gone(d) {
					if err := f.delete(d.Seq); err != nil {
						return err
					}
				}
			}
			if all {
				return f.deleteUnreadable(s)
			}
			return nil
		},
		apply: func() {
			s.withs = s.withoutLocked(s.withs, gone, &events)
			s.withouts = s.withoutLocked(s.withouts, gone, &events)
			s.deleted++
			if all {
				s.dropped = 0
			}
		},
	})
	return events, err
}

// withoutLocked makes a new list, because readers may hold the old one.
func (s *Store) withoutLocked(list []*Delivery, gone func(*Delivery) bool, events *int) []*Delivery {
	var rest []*Delivery
	for _, d := range list {
		if !gone(d) {
			rest = append(rest, d)
			continue
		}
		*events += len(d.Events)
		s.bytes -= d.size
	}
	return rest
}

// expireEvery is how often RunExpiry calls Expire.
func expireEvery(age time.Duration) time.Duration { return min(max(age/10, time.Second), time.Minute) }

// RunExpiry calls Expire regularly until ctx ends. Without a maximum age it
// returns at once.
func (s *Store) RunExpiry(ctx context.Context) {
	if s.cfg.MaxAge <= 0 {
		return
	}
	ticker := time.NewTicker(expireEvery(s.cfg.MaxAge))
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			// Ignore the error: Add returns it too if the file can't be
			// written.
			_ = s.Expire(ctx, now)
		case <-ctx.Done():
			return
		}
	}
}
