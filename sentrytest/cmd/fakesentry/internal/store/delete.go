package store

import (
	"context"
	"slices"
	"time"
)

// Delete deletes the deliveries of the events that the filter chooses, and with
// the zero filter everything. A filter with a key alone also deletes what else
// was sent with that key, such as sessions and refused requests. It returns how
// many events are gone: all of a delivery go together. Numbers are not used
// again. When ctx ends before the choice is made, nothing is deleted.
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

// choose reports whether Delete takes the delivery.
func (f Filter) choose(d *Delivery) bool {
	if len(d.Events) == 0 {
		return f.Query.String() == "" && d.Request.PublicKey == f.Key
	}
	return slices.ContainsFunc(d.Events, f.Match)
}

// DeleteEvent deletes the delivery of one event, and returns how many events
// are gone: 0 when there was no such event.
func (s *Store) DeleteEvent(ctx context.Context, id string) (events int, err error) {
	e, ok := s.Event(id)
	if !ok {
		return 0, nil
	}
	return s.remove(ctx, func(d *Delivery) bool { return d == e.Delivery }, false)
}

// remove deletes what gone chooses. gone is called while the store is locked.
// all is for a choice that takes everything: what can't be read goes too, and
// what was dropped is forgotten.
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

// withoutLocked makes a new list, since readers may hold the old one.
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

// expireEvery is how often a program should call Expire for a maximum age.
func expireEvery(age time.Duration) time.Duration { return min(max(age/10, time.Second), time.Minute) }

// RunExpiry calls Expire from time to time until ctx ends. Without a maximum
// age it returns at once.
func (s *Store) RunExpiry(ctx context.Context) {
	if s.cfg.MaxAge <= 0 {
		return
	}
	ticker := time.NewTicker(expireEvery(s.cfg.MaxAge))
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			// A file that can't be written shows itself to whoever adds
			// something.
			_ = s.Expire(ctx, now)
		case <-ctx.Done():
			return
		}
	}
}
