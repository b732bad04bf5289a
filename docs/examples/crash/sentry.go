package main

import (
	"context"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// sentry is a fake Sentry that counts how often each event arrived.
type sentry struct {
	srv *sentrytest.Server

	mu      sync.Mutex
	arrived map[string]int // by event id
}

func startSentry() (*sentry, error) {
	s := &sentry{arrived: map[string]int{}}
	count := func(_ context.Context, a *sentrytest.Arrival) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, e := range a.Events {
			s.arrived[e.EventID]++
		}
		return nil
	}
	var err error
	s.srv, err = sentrytest.Start(sentrytest.BeforeAnswer(count), sentrytest.MaxHistory(1))
	return s, err
}

func (s *sentry) close() { _ = s.srv.Close() } // only an unused script is an error

// dsn is the DSN of the program: with spool_dir, and time enough for its Close
// to deliver what all programs before it left.
func (s *sentry) dsn(dir string) string {
	return s.srv.DSN(sentrytest.DSNParam("spool_dir", dir), sentrytest.DSNParam("shutdown_timeout", "1m"))
}

// compare returns which ids have not arrived, and how many have more than once.
func (s *sentry) compare(ids []string) (missing []string, twice int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		switch n := s.arrived[id]; {
		case n == 0:
			missing = append(missing, id)
		case n > 1:
			twice++
		}
	}
	return missing, twice
}

// weather is what the fake does in a round.
type weather struct {
	name   string
	down   bool
	flaps  bool // it goes down and up
	faults []sentrytest.Fault
}

// always is a fault of each request.
func always(step sentrytest.Step) []sentrytest.Fault {
	return []sentrytest.Fault{sentrytest.When().Do(step)}
}

var fine = weather{name: "up"}

var weathers = []weather{
	fine,
	{name: "down", down: true},
	{name: "comes and goes", flaps: true},
	{name: "answers 503", faults: always(sentrytest.Status(503))},
	fine,
	{name: "loses its answers", faults: always(sentrytest.Truncate(10))},
	{name: "breaks connections", faults: always(sentrytest.Reset())},
	{name: "does not answer", faults: always(sentrytest.Hang())},
}

// become changes what the fake does. The caller ends it with the function that
// become returns.
func (s *sentry) become(w weather) (clear func() error, err error) {
	if err := s.srv.SetFaults(w.faults...); err != nil {
		return nil, err
	}
	if w.down {
		s.srv.Down()
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for w.flaps && !waited(stop, 100*time.Millisecond) {
			s.srv.Down()
			if waited(stop, 100*time.Millisecond) {
				return
			}
			_ = s.srv.Up() // clear returns its error
		}
	}()
	return func() error {
		close(stop)
		<-stopped
		return s.srv.Up()
	}, nil
}

// waited returns true as soon as stop is closed, else false after d.
func waited(stop <-chan struct{}, d time.Duration) bool {
	select {
	case <-stop:
		return true
	case <-time.After(d):
		return false
	}
}
