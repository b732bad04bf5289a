package transport_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// distant is a server that takes some time for each packet. The time may depend
// on the number of packets in flight.
type distant struct {
	proto string
	takes func(now int) time.Duration
	limit func(n int) bool // whether the n-th packet is rate limited; nil: none
	away  atomic.Bool      // the server is down

	mu   sync.Mutex
	n    int
	now  int
	most int // the most packets at a time since the last read
}

func (s *distant) Send(_ context.Context, p *transport.Packet) (*transport.Response, error) {
	if s.away.Load() {
		return nil, refusedConnection(p)
	}
	s.mu.Lock()
	s.n++
	s.now++
	s.most = max(s.most, s.now)
	n, takes := s.n, s.takes(s.now)
	s.mu.Unlock()
	time.Sleep(takes) // in a bubble
	s.mu.Lock()
	s.now--
	s.mu.Unlock()
	if s.limit != nil && s.limit(n) {
		return nil, &transport.RateLimitedError{RetryAfter: time.Second, RateLimits: transport.RateLimits{"error": time.Now().Add(time.Second)}}
	}
	return &transport.Response{Status: 200, Proto: s.proto}, nil
}

func (*distant) Close(context.Context) error { return nil }

// peak returns the most packets at a time since the last call.
func (s *distant) peak() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	most := s.most
	s.most = s.now
	return most
}

// pacing runs a test with n waiting packets, on fake time.
func pacing(t *testing.T, cfg transport.ThreadedConfig, s *distant, n int, fn func(g *WithT, tr *transport.Threaded)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		tr, err := transport.NewThreaded(s, cfg)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			tr.SendAsync(t.Context(), body(fmt.Sprint(i)), nil)
		}
		fn(NewWithT(t), tr)
		if err := tr.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if err := tr.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// away is a server with unlimited capacity.
func away(rtt time.Duration) func(int) time.Duration {
	return func(int) time.Duration { return rtt }
}

func TestWorkersAuto(t *testing.T) {
	const rtt = 100 * time.Millisecond
	for _, c := range []struct {
		what    string
		proto   string
		workers int
		most    int
		within  time.Duration // the time limit for 3,000 packets
	}{
		// 64 at a time take 47 round trips, and growing from 4 to 64 takes 5.
		{"over HTTP/2", "HTTP/2.0", 0, 64, 52 * rtt},
		{"over HTTP/1.1", "HTTP/1.1", 0, 32, 98 * rtt},
		{"with an unknown protocol", "", 0, 32, 98 * rtt},
		{"a fixed number", "HTTP/2.0", 4, 4, 750 * rtt},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := &distant{proto: c.proto, takes: away(rtt)}
			pacing(t, transport.ThreadedConfig{Workers: c.workers}, s, 3000, func(g *WithT, tr *transport.Threaded) {
				begun := time.Now()
				synctest.Wait()
				g.Expect(s.peak()).To(Equal(4), "at the start")
				g.Expect(tr.Flush(context.Background())).To(Succeed())
				g.Expect(time.Since(begun)).To(BeNumerically("<=", c.within))
				g.Expect(s.peak()).To(Equal(c.most))
			})
		})
	}
}

func TestMaxConnsBoundsWorkersAuto(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		engine := &slowEngine{takes: 100 * time.Millisecond}
		next, err := transport.NewHTTP(transport.HTTPConfig{Engine: engine, MaxConns: 7})
		g.Expect(err).NotTo(HaveOccurred())
		tr, err := transport.NewThreaded(next, transport.ThreadedConfig{})
		g.Expect(err).NotTo(HaveOccurred())
		for i := range 200 {
			tr.SendAsync(t.Context(), body(fmt.Sprint(i)), nil)
		}
		g.Expect(tr.Close(t.Context())).To(Succeed())
		g.Expect(engine.most).To(Equal(7), "more would only wait for a connection, within their timeout")
	})
}

// slowEngine answers each request after a time.
type slowEngine struct {
	takes time.Duration

	mu    sync.Mutex
	now   int
	most  int
	taken [][]byte
}

func (e *slowEngine) Post(_ context.Context, r *transport.Request) (*transport.Reply, error) {
	e.mu.Lock()
	e.now++
	e.most = max(e.most, e.now)
	e.taken = append(e.taken, r.Body)
	e.mu.Unlock()
	time.Sleep(e.takes) // in a bubble
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now--
	return &transport.Reply{Status: 200, Proto: "HTTP/1.1"}, nil
}

func (*slowEngine) Close() {}

// A server that handles ten at a time makes the others wait, so a higher number
// only takes longer.
func TestConcurrencyStopsWhereMoreMakesEachSlower(t *testing.T) {
	crowded := func(now int) time.Duration {
		return 100 * time.Millisecond * time.Duration(max(now, 10)) / 10
	}
	s := &distant{proto: "HTTP/2.0", takes: crowded}
	pacing(t, transport.ThreadedConfig{}, s, 20_000, func(g *WithT, tr *transport.Threaded) {
		time.Sleep(10 * time.Second)
		s.peak()
		for range 20 {
			time.Sleep(5 * time.Second)
			g.Expect(s.peak()).To(BeNumerically("~", 14, 6))
		}
	})
}

func TestASlowServerInTheMiddleOfABurst(t *testing.T) {
	const rtt = 100 * time.Millisecond
	var slow atomic.Bool
	s := &distant{proto: "HTTP/2.0", takes: func(now int) time.Duration {
		if slow.Load() {
			return time.Duration(now) * rtt
		}
		return rtt
	}}
	pacing(t, transport.ThreadedConfig{}, s, 30_000, func(g *WithT, tr *transport.Threaded) {
		time.Sleep(5 * time.Second)
		g.Expect(s.peak()).To(Equal(64))
		slow.Store(true)
		time.Sleep(2 * time.Minute)
		s.peak()
		time.Sleep(10 * time.Second)
		g.Expect(s.peak()).To(BeNumerically("<=", 8), "each further packet makes all others slower")
		slow.Store(false)
		time.Sleep(20 * time.Second)
		g.Expect(s.peak()).To(Equal(64))
	})
}

// If round trips get longer, as after a change of routes, the number stays.
func TestLongerRoundTrips(t *testing.T) {
	var rtt atomic.Int64
	rtt.Store(int64(20 * time.Millisecond))
	s := &distant{proto: "HTTP/2.0", takes: func(int) time.Duration { return time.Duration(rtt.Load()) }}
	pacing(t, transport.ThreadedConfig{}, s, 30_000, func(g *WithT, tr *transport.Threaded) {
		time.Sleep(time.Second)
		g.Expect(s.peak()).To(Equal(64))
		rtt.Store(int64(200 * time.Millisecond))
		time.Sleep(10 * time.Second)
		s.peak()
		time.Sleep(10 * time.Second)
		g.Expect(s.peak()).To(Equal(64))
	})
}

func TestARateLimitInTheMiddleOfABurst(t *testing.T) {
	s := &distant{proto: "HTTP/2.0", takes: away(100 * time.Millisecond), limit: func(n int) bool { return n == 2000 }}
	pacing(t, transport.ThreadedConfig{}, s, 10_000, func(g *WithT, tr *transport.Threaded) {
		for s.peak() < 64 {
			time.Sleep(100 * time.Millisecond)
		}
		for !tr.HoldState().Paused {
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(500 * time.Millisecond)
		s.peak()
		g.Expect(s.peak()).To(BeZero(), "the limit is in force")
		time.Sleep(650 * time.Millisecond)
		g.Expect(s.peak()).To(BeNumerically("<=", 2), "it begins with one")
		time.Sleep(time.Second)
		g.Expect(s.peak()).To(BeNumerically(">=", 30))
		time.Sleep(5 * time.Second)
		g.Expect(s.peak()).To(Equal(64))
	})
}

// One bad answer in a hundred slows down, but does not stop the delivery.
func TestOneBadAnswerInAHundred(t *testing.T) {
	answer := func(n int, p *transport.Packet) error {
		if n%100 == 0 {
			return status(502)(p)
		}
		return nil
	}
	hold(t, transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		f.takes = 100 * time.Millisecond
		for i := range 5000 {
			tr.SendAsync(context.Background(), body(fmt.Sprint(i)), nil)
		}
		begun := time.Now()
		g.Expect(tr.Flush(context.Background())).To(Succeed())
		g.Expect(time.Since(begun)).To(BeNumerically("<", 2*time.Minute))
	})
}

// If no server was there, nothing is known about the server's capacity.
func TestConcurrencyAfterAnAbsence(t *testing.T) {
	s := &distant{proto: "HTTP/2.0", takes: away(100 * time.Millisecond)}
	s.away.Store(true)
	pacing(t, transport.ThreadedConfig{}, s, 10_000, func(g *WithT, tr *transport.Threaded) {
		time.Sleep(20 * time.Second)
		s.away.Store(false)
		for tr.HoldState().Paused {
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Second)
		g.Expect(s.peak()).To(Equal(64))
	})
}

// The limiter below may stop a packet before the answer with the limit is
// noted. The lost packet is the one whose answer has the limit.
func TestThePacketThatMeetsALimitIsLost(t *testing.T) {
	limits := transport.RateLimits{"error": time.Date(2000, 1, 1, 0, 1, 0, 0, time.UTC)}
	answer := func(_ int, p *transport.Packet) error {
		return &transport.RateLimitedError{EventID: p.EventID, RetryAfter: time.Minute, RateLimits: limits, Held: p.EventID == "stopped"}
	}
	hold(t, transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		f.takes = time.Second
		send(tr, o, "stopped")
		time.Sleep(time.Millisecond)
		send(tr, o, "answered")
		time.Sleep(2 * time.Second)
		g.Expect(o.get("answered")).To(HaveLen(1))
		g.Expect(o.get("stopped")).To(BeEmpty())
	})
}

// Single packets that sometimes take longer say nothing about the limit.
func TestABurstAfterUnevenSinglePackets(t *testing.T) {
	var n atomic.Int64
	s := &distant{proto: "HTTP/2.0", takes: func(now int) time.Duration {
		if now == 1 && n.Add(1)%16 >= 8 {
			return 300 * time.Millisecond
		}
		return 100 * time.Millisecond
	}}
	pacing(t, transport.ThreadedConfig{}, s, 0, func(g *WithT, tr *transport.Threaded) {
		for i := range 30 {
			tr.SendAsync(t.Context(), body(fmt.Sprint(i)), nil)
			time.Sleep(time.Second)
		}
		for i := range 3000 {
			tr.SendAsync(t.Context(), body(fmt.Sprint(i)), nil)
		}
		time.Sleep(time.Second)
		g.Expect(s.peak()).To(Equal(64))
	})
}
