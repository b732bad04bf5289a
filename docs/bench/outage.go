package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/raven"
	_ "github.com/ravenkit/ravenkit/transport/all" // registers the contenders
)

// sufferer is a client that reports during an outage.
type sufferer struct {
	name   string
	prefix string // of the DSN; only for our client
	peer   bool
}

// sufferers are the contenders: our transports that hold, and sentry-go.
var sufferers = []sufferer{
	{name: oursName + ", default"},
	{name: oursName + ", threaded+resty+", prefix: "threaded+resty+"},
	{name: oursName + ", reactor+", prefix: "reactor+"},
	{name: oursName + ", fasthttp+", prefix: "fasthttp+"},
	{name: peerName + ", default", peer: true},
}

// outageRow is one line of the outage table. If the replay was not measured,
// its fields are zero.
type outageRow struct {
	name string
	// Captured and arrived events around an absence.
	away, awayArrived  int
	later, laterCame   int // the same around 503 with Retry-After
	replayed, replay   int // waiting and arrived events
	resumed, replaying time.Duration
}

// unsteady is a server that can go down and return at its address.
type unsteady struct {
	addr   string
	later  atomic.Bool // it answers 503 with Retry-After
	mu     sync.Mutex
	seen   map[string]bool // event ids; guarded by mu
	first  time.Time       // first arrival since its return; guarded by mu
	last   time.Time       // guarded by mu
	server *http.Server
}

func newUnsteady() (*unsteady, error) {
	u := &unsteady{addr: "127.0.0.1:0", seen: make(map[string]bool)}
	return u, u.up()
}

func (u *unsteady) up() error {
	l, err := net.Listen("tcp", u.addr)
	if err != nil {
		return err
	}
	u.addr = l.Addr().String()
	u.mu.Lock()
	u.first = time.Time{}
	u.mu.Unlock()
	u.server = &http.Server{Handler: u}
	go func(s *http.Server) { _ = s.Serve(l) }(u.server)
	return nil
}

// down closes the listener and every connection.
func (u *unsteady) down() { _ = u.server.Close() }

// ServeHTTP accepts an event, or answers 503.
func (u *unsteady) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, err := eventID(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if u.later.Load() {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "later", http.StatusServiceUnavailable)
		return
	}
	if id != "" {
		u.mu.Lock()
		u.seen[id] = true
		u.last = time.Now()
		if u.first.IsZero() {
			u.first = u.last
		}
		u.mu.Unlock()
	}
	_, _ = io.WriteString(w, answer)
}

func (u *unsteady) arrived() (n int, first, last time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.seen), u.first, u.last
}

func (s *sufferer) client(ctx context.Context, addr string) (contender, error) {
	dsn := fmt.Sprintf("%shttp://public@%s/1", s.prefix, addr)
	if s.peer {
		return newPeer(dsn, nil)
	}
	return newOurs(ctx, dsn, raven.WithLogger(slog.New(slog.DiscardHandler)))
}

// suffer runs do with a client and its server, flushes, and returns how many
// events arrived.
func (s *sufferer) suffer(ctx context.Context, do func(u *unsteady, c contender) error) (arrived int, err error) {
	u, err := newUnsteady()
	if err != nil {
		return 0, err
	}
	defer u.down()
	c, err := s.client(ctx, u.addr)
	if err != nil {
		return 0, err
	}
	defer c.close()
	if err := do(u, c); err != nil {
		return 0, err
	}
	flush, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	_ = c.flush(flush) // the count shows losses
	arrived, _, _ = u.arrived()
	return arrived, nil
}

// absence captures events in a steady stream. The server is down in the middle
// half of it.
func (s *sufferer) absence(ctx context.Context, n int, every time.Duration) (arrived int, err error) {
	return s.suffer(ctx, func(u *unsteady, c contender) error {
		for i := range n {
			switch i {
			case n / 4:
				u.down()
			case n - n/4:
				if err := u.up(); err != nil {
					return err
				}
			}
			c.exception(newError())
			if err := pause(ctx, every); err != nil {
				return err
			}
		}
		return nil
	})
}

// deferral captures events while a server answers 503 for some time.
func (s *sufferer) deferral(ctx context.Context, n int, during time.Duration) (arrived int, err error) {
	return s.suffer(ctx, func(u *unsteady, c contender) error {
		u.later.Store(true)
		for range n {
			c.exception(newError())
		}
		if err := pause(ctx, during); err != nil {
			return err
		}
		u.later.Store(false)
		return nil
	})
}

// comeback captures events while the server is down, and measures the time from
// its return to the first and to the last event.
func (s *sufferer) comeback(ctx context.Context, n int) (arrived int, resumed, replaying time.Duration, err error) {
	var back, first, last time.Time
	arrived, err = s.suffer(ctx, func(u *unsteady, c contender) error {
		u.down()
		for range n {
			c.exception(newError())
		}
		// The client notices the outage.
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
		back = time.Now()
		if err := u.up(); err != nil {
			return err
		}
		flush, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		_ = c.flush(flush)
		_, first, last = u.arrived()
		return nil
	})
	if !first.IsZero() {
		resumed, replaying = first.Sub(back), last.Sub(first)
	}
	return arrived, resumed, replaying, err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// measureOutage runs the contenders in parallel where no time is measured, and
// one after the other where one is.
func measureOutage(ctx context.Context, s settings) ([]outageRow, error) {
	rows := make([]outageRow, len(sufferers))
	errs := make([]error, len(sufferers))
	var all sync.WaitGroup
	for i, contestant := range sufferers {
		all.Go(func() {
			r := &rows[i]
			*r = outageRow{name: contestant.name, away: 60, later: 20, replayed: s.replay}
			if r.awayArrived, errs[i] = contestant.absence(ctx, r.away, s.every); errs[i] == nil {
				r.laterCame, errs[i] = contestant.deferral(ctx, r.later, 25*s.every)
			}
		})
	}
	all.Wait()
	for i, contestant := range sufferers {
		if errs[i] != nil {
			return nil, fmt.Errorf("%s: %w", contestant.name, errs[i])
		}
		var err error
		r := &rows[i]
		if r.replay, r.resumed, r.replaying, err = contestant.comeback(ctx, r.replayed); err != nil {
			return nil, fmt.Errorf("%s: %w", contestant.name, err)
		}
	}
	return rows, lostInOutage(rows)
}

// lostInOutage checks our own transports, which must not lose events. fasthttp+
// keeps the newest 1,000 events.
func lostInOutage(rows []outageRow) error {
	for i, r := range rows {
		if sufferers[i].peer {
			continue
		}
		if err := whole("outage", r.name, r.away, r.awayArrived); err != nil {
			return err
		}
		if err := whole("outage, 503", r.name, r.later, r.laterCame); err != nil {
			return err
		}
	}
	return nil
}
