package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// Default bounds of a store.
const (
	DefaultMaxEvents = 10_000
	DefaultMaxBytes  = 512 << 20
)

// Config is the file and the bounds of a store.
type Config struct {
	// Path is a SQLite file. Open creates it if it does not exist. "" keeps
	// everything in memory.
	Path string
	// MaxEvents is how many events are kept: the newest. It is
	// also the bound for requests without an event. 0 means DefaultMaxEvents.
	MaxEvents int
	// MaxBytes bounds the estimated memory of everything. 0 means
	// DefaultMaxBytes.
	MaxBytes int64
	// MaxAge is how long deliveries are kept; 0 means for ever. It is applied
	// on each arrival, and by Expire.
	MaxAge time.Duration
	// Unreadable is called by Open, with an error for each row of the file that
	// can't be read. Open skips these rows. nil is ignored.
	Unreadable func(err error)
}

// ErrClosed is the error of a closed store.
var ErrClosed = errors.New("the store is closed")

// Store keeps deliveries, events and tenants. Make one with [Open]. Its methods
// are safe for concurrent use.
type Store struct {
	cfg Config
	log *file // nil in memory

	mu       sync.Mutex  // guards everything below
	withs    []*Delivery // deliveries with events, by Seq; replaced or appended to, never changed in place
	withouts []*Delivery // the other deliveries, likewise
	bytes    int64
	last     int64   // the newest Seq
	evicted  int64   // the newest Seq that was dropped to stay within the bounds
	doomed   []int64 // dropped from memory, but not yet from the file
	deleted  int     // the number of deletions; a Wait starts over when it changes
	dropped  int     // events dropped to stay within the bounds, since everything was last deleted
	stats    counts
	tenants  []wire.Tenant
	project  int           // the newest project of a tenant
	changed  chan struct{} // closed and replaced at each change
	closed   bool
}

// Open opens a store and reads its file, if it has one. The caller must close
// it.
//
// It fails if the file can't be opened, is not a store, was written by a newer
// program, or is in use by another one.
func Open(cfg Config) (*Store, error) {
	if cfg.MaxEvents <= 0 {
		cfg.MaxEvents = DefaultMaxEvents
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = DefaultMaxBytes
	}
	s := &Store{cfg: cfg, changed: make(chan struct{}), project: sharedProject}
	if cfg.Path == "" {
		return s, nil
	}
	log, err := openFile(cfg.Path)
	if err != nil {
		return nil, err
	}
	if err := log.load(s); err != nil {
		return nil, errors.Join(err, log.db.Close())
	}
	s.log = log
	log.start(s)
	return s, nil
}

// Close ends every Wait and Feed, and closes the file. Earlier additions are
// safe.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.changed)
	s.mu.Unlock()
	if s.log == nil {
		return nil
	}
	return s.log.stop()
}

// Add adds an arrival, and returns when it is safe. If Add fails, the arrival
// may be lost, and the request must not be acknowledged.
func (s *Store) Add(ctx context.Context, a *sentrytest.Arrival) error {
	d, err := newDelivery(a)
	if err != nil {
		return err
	}
	return s.commit(ctx, operation{
		number: d.number,
		save:   func(f *file) error { return f.insert(d) },
		apply: func() {
			s.appendLocked(d)
			s.evictLocked(time.Now())
		},
	})
}

// Restore adds deliveries from another source as if they arrived now.
func (s *Store) Restore(ctx context.Context, arrivals []*sentrytest.Arrival) error {
	for _, a := range arrivals {
		if err := s.Add(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// operation is one change. It is saved and then applied. If saving fails, it is
// not applied.
type operation struct {
	alone  bool                    // it depends on earlier operations, so it has its own transaction
	number func(next func() int64) // assigns numbers; nil if there are none to assign
	save   func(*file) error
	apply  func() // called with the store's mu held
	done   chan error
}

// number assigns the numbers of the delivery and its events.
func (d *Delivery) number(next func() int64) {
	d.Seq = next()
	for _, e := range d.Events {
		e.Seq, e.Request = next(), d.Seq
	}
}

// commit carries out an operation, through the file if there is one.
func (s *Store) commit(ctx context.Context, op operation) error {
	if s.log != nil {
		return s.log.submit(ctx, op)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if op.number != nil {
		op.number(func() int64 { s.last++; return s.last })
	}
	op.apply()
	s.broadcastLocked()
	return nil
}

func (s *Store) broadcastLocked() {
	if s.closed {
		return
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// appendLocked adds a delivery to the lists.
func (s *Store) appendLocked(d *Delivery) {
	if len(d.Events) > 0 {
		s.withs = append(s.withs, d)
	} else {
		s.withouts = append(s.withouts, d)
	}
	s.bytes += d.size
	s.stats.count(d)
}

// evictLocked drops the oldest deliveries until the rest is within the bounds.
// It cuts them off the lists and does not overwrite them, because readers may
// hold the lists.
func (s *Store) evictLocked(now time.Time) {
	oldest := now.Add(-s.cfg.MaxAge)
	stale := func(list []*Delivery) bool {
		return len(list) > 0 && (len(list) > s.cfg.MaxEvents || s.cfg.MaxAge > 0 && list[0].Request.Time.Before(oldest))
	}
	for stale(s.withs) {
		s.withs = s.dropLocked(s.withs)
	}
	for stale(s.withouts) {
		s.withouts = s.dropLocked(s.withouts)
	}
	for s.bytes > s.cfg.MaxBytes && len(s.withs)+len(s.withouts) > 1 {
		if len(s.withouts) == 0 || len(s.withs) > 0 && s.withs[0].Seq < s.withouts[0].Seq {
			s.withs = s.dropLocked(s.withs)
		} else {
			s.withouts = s.dropLocked(s.withouts)
		}
	}
}

func (s *Store) dropLocked(list []*Delivery) []*Delivery {
	d := list[0]
	s.evicted = max(s.evicted, d.lastSeq())
	s.bytes -= d.size
	s.stats.Dropped += len(d.Events)
	s.dropped += len(d.Events)
	if s.log != nil {
		s.doomed = append(s.doomed, d.Seq)
		// Unreadable rows are dropped together with readable ones of the same
		// age.
		for len(s.log.unreadable) > 0 && s.log.unreadable[0] < d.Seq {
			s.doomed = append(s.doomed, s.log.unreadable[0])
			s.log.unreadable = s.log.unreadable[1:]
		}
	}
	return list[1:]
}

func (d *Delivery) lastSeq() int64 {
	if n := len(d.Events); n > 0 {
		return d.Events[n-1].Seq
	}
	return d.Seq
}

// Expire drops deliveries older than MaxAge. It is for stores that receive
// nothing any more.
func (s *Store) Expire(ctx context.Context, now time.Time) error {
	if s.cfg.MaxAge <= 0 {
		return nil
	}
	return s.commit(ctx, operation{apply: func() { s.evictLocked(now) }})
}
