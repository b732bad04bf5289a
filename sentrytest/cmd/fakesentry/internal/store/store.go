package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// Bounds of a store unless its Config says otherwise.
const (
	DefaultMaxEvents = 10_000
	DefaultMaxBytes  = 512 << 20
)

// Config says where a store keeps its contents, and how much of it.
type Config struct {
	// Path is a SQLite file, which is made if it does not exist. "" keeps
	// everything in memory.
	Path string
	// MaxEvents is how many events are kept, the newest; of requests without an
	// event as many again. 0 is DefaultMaxEvents.
	MaxEvents int
	// MaxBytes bounds the memory that all of them take together, as an
	// estimate. 0 is DefaultMaxBytes.
	MaxBytes int64
	// MaxAge is how long something is kept; 0 is for ever. It is applied when
	// something arrives, and by Expire.
	MaxAge time.Duration
	// Unreadable is called while the store is opened, with an error for each
	// row of the file that can't be read. The row is left out. nil is for
	// nothing.
	Unreadable func(err error)
}

// ErrClosed is the error of a store that has been closed.
var ErrClosed = errors.New("the store is closed")

// Store keeps deliveries, events and tenants. Make one with [Open]. Its methods
// are safe for concurrent use.
type Store struct {
	cfg Config
	log *file // nil in memory

	mu       sync.Mutex  // guards everything below
	withs    []*Delivery // that brought events, by Seq; replaced or appended to, never changed in place
	withouts []*Delivery // the others, likewise
	bytes    int64
	last     int64   // the newest Seq
	evicted  int64   // the newest Seq that was dropped to stay within the bounds
	doomed   []int64 // dropped here, but not from the file yet
	deleted  int     // how often something was deleted, so that a Wait under way starts over
	dropped  int     // events that were dropped to stay within the bounds since everything was last deleted
	stats    Stats
	tenants  []Tenant
	project  int           // the newest project that was given to a tenant
	changed  chan struct{} // closed and replaced at every change
	closed   bool
}

// Open opens a store and reads its file, if it has one. The store has to be
// closed.
//
// It fails when the file can't be opened, is no store, was written by a newer
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

// Close ends every Wait and Feed, and closes the file. What was added is safe
// already.
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

// Add keeps what a request brought, and returns when it is safe. An error means
// that it may not be, and that the request must not be acknowledged.
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

// Restore adds deliveries from elsewhere as if they had arrived now.
func (s *Store) Restore(ctx context.Context, arrivals []*sentrytest.Arrival) error {
	for _, a := range arrivals {
		if err := s.Add(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// operation is one change. It is saved before it is applied, and neither if
// saving fails.
type operation struct {
	alone  bool                    // it looks at what earlier ones have done, so it shares no transaction with them
	number func(next func() int64) // assigns numbers; nil if there are none to assign
	save   func(*file) error
	apply  func() // called with the store's mu held
	done   chan error
}

// number gives the delivery and its events their places.
func (d *Delivery) number(next func() int64) {
	d.Seq = next()
	for _, e := range d.Events {
		e.Seq = next()
	}
}

// commit carries an operation out, through the file if there is one.
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
// They are cut off the lists rather than overwritten, since readers may hold
// those.
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
		// What can't be read goes when what is as old goes.
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

// Expire drops what is older than MaxAge, for stores to which nothing is added
// any more.
func (s *Store) Expire(ctx context.Context, now time.Time) error {
	if s.cfg.MaxAge <= 0 {
		return nil
	}
	return s.commit(ctx, operation{apply: func() { s.evictLocked(now) }})
}
