package store

import (
	"context"
	"time"
)

// Delete deletes the deliveries of the events that the filter chooses, and with the zero filter everything. A filter
// with a key alone also deletes what else was sent with that key, such as sessions and refused requests. It
// returns how many events are gone. Numbers are not used again.
func (s *Store) Delete(ctx context.Context, f Filter) (events int, err error) {
	all := f.Query.String() == "" && f.Key == ""
	return s.remove(ctx, all, func(d *Delivery) bool {
		if len(d.Events) == 0 {
			return f.Query.String() == "" && (f.Key == "" || d.Request.PublicKey == f.Key)
		}
		for _, e := range d.Events {
			if f.Match(e) {
				return true
			}
		}
		return false
	})
}

// DeleteEvent deletes the delivery of one event, and reports whether there was one.
func (s *Store) DeleteEvent(ctx context.Context, id string) (bool, error) {
	e, ok := s.Event(id)
	if !ok {
		return false, nil
	}
	n, err := s.remove(ctx, false, func(d *Delivery) bool { return d == e.Delivery })
	return n > 0, err
}

// remove deletes what gone chooses, and of the file what can't be read too if that is all. The choice is made when earlier
// additions have been applied.
func (s *Store) remove(ctx context.Context, all bool, gone func(*Delivery) bool) (events int, err error) {
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

// RunExpiry calls Expire from time to time until ctx ends. Without a maximum age it returns at once.
func (s *Store) RunExpiry(ctx context.Context) {
	if s.cfg.MaxAge <= 0 {
		return
	}
	ticker := time.NewTicker(expireEvery(s.cfg.MaxAge))
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			// A file that can't be written shows itself to whoever adds something.
			_ = s.Expire(ctx, now)
		case <-ctx.Done():
			return
		}
	}
}
