package ravenkit_test

import (
	"context"
	"io"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// sink is a server that keeps of each event only its id. It refuses each
// five hundredth request.
type sink struct {
	srv *sentrytest.Server
	due chan struct{} // receives after each fifth of the events but the last
	all int           // events that will arrive

	mu       sync.Mutex
	requests int
	arrived  map[string]struct{}
	twice    int
}

func newSink(all int) *sink {
	s := &sink{all: all, due: make(chan struct{}, 1), arrived: map[string]struct{}{}}
	s.srv = sentrytest.NewServer(GinkgoTB(), sentrytest.BeforeAnswer(s.note), sentrytest.MaxHistory(1))
	return s
}

func (s *sink) note(_ context.Context, a *sentrytest.Arrival) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requests++; s.requests%500 == 0 {
		return io.ErrUnexpectedEOF // the server answers 503
	}
	for _, e := range a.Events {
		if _, again := s.arrived[e.EventID]; again {
			s.twice++
			continue
		}
		s.arrived[e.EventID] = struct{}{}
		if n := len(s.arrived); n%(s.all/5) == 0 && n < s.all {
			select {
			case s.due <- struct{}{}:
			default:
			}
		}
	}
	return nil
}

// Events returns an event for each id.
func (s *sink) Events() (events []sentrytest.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.arrived {
		events = append(events, sentrytest.Event{EventID: id})
	}
	return events
}

// flap takes the server down each time it is due, until the client has noticed.
func (s *sink) flap(ctx context.Context, client *raven.Client) (outages int) {
	for {
		select {
		case <-ctx.Done():
			return outages
		case <-s.due:
		}
		s.srv.Down()
		untilOutage(client)
		_ = s.srv.Up() // fails the test
		outages++
	}
}

// deliver captures events and waits until they are delivered.
func (s *sink) deliver(ctx context.Context) *raven.Client {
	GinkgoHelper()
	n := s.all
	client := eventsOnly(dsn(s.srv, "", "spool_dir", GinkgoT().TempDir(), "spool_bytes", "8000000000", "queue_size", "1000"), raven.WithLedger(n))
	flapping, stop := context.WithCancel(ctx)
	defer stop()
	outages := 0
	var wg sync.WaitGroup
	wg.Go(func() {
		defer GinkgoRecover()
		outages = s.flap(flapping, client)
	})
	captureMany(ctx, client, n)
	waited := client.State().Spool.Waiting
	Expect(client.Flush(ctx)).To(Succeed())
	stop()
	wg.Wait()
	Expect(outages).To(Equal(4))
	Expect(client.Stats()).To(Equal(raven.Stats{Captured: uint64(n), Delivered: uint64(n)}))
	GinkgoWriter.Printf("%d events, %d outages, %d waited on disk when the last was captured, %d arrived twice, %d in memory only\n",
		n, outages, waited, s.twice, client.State().Spool.Unspooled)
	return client
}

var _ = Describe("With spool_dir, a burst of events to a server that comes and goes", func() {
	It("is delivered as a whole", func(ctx SpecContext) {
		s := newSink(times("RAVENKIT_BURST", 10_000/slowness))
		client := s.deliver(ctx)
		sentrytest.RequireNoLoss(GinkgoTB(), client, s)
	})

	It("is delivered as a whole, even if it is long", func(ctx SpecContext) {
		n := times("RAVENKIT_EVENTS", 0)
		if n == 0 {
			Skip("takes minutes; .ci/long runs it")
		}
		s := newSink(n)
		s.deliver(ctx)
		Expect(s.arrived).To(HaveLen(n))
	})
})
