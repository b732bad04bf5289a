package transport_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/ravenkit/ravenkit/transport"
)

// try is one attempt that a server of a test received.
type try struct {
	id string
	at time.Duration // since the test began
}

func (t try) String() string { return fmt.Sprintf("%s@%v", t.id, t.at) }

// faraway is a transport whose answers come from a test.
type faraway struct {
	start  time.Time
	answer func(n int, p *transport.Packet) error // n counts from 1
	takes  time.Duration

	mu    sync.Mutex
	tries []try
	most  int
	now   int
}

func (f *faraway) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	f.mu.Lock()
	f.tries = append(f.tries, try{p.EventID, time.Since(f.start)})
	n := len(f.tries)
	f.now++
	f.most = max(f.most, f.now)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.now--
		f.mu.Unlock()
	}()
	if f.takes > 0 {
		select {
		case <-time.After(f.takes):
		case <-ctx.Done():
			return nil, &transport.NetworkError{EventID: p.EventID, Err: ctx.Err()}
		}
	}
	if err := f.answer(n, p); err != nil {
		return nil, err
	}
	return &transport.Response{Status: 200, EventID: p.EventID}, nil
}

func (*faraway) Close(context.Context) error { return nil }

func (f *faraway) log() []try {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]try(nil), f.tries...)
}

// ids returns the ids of the attempts, in order.
func (f *faraway) ids() string {
	var ids []string
	for _, t := range f.log() {
		ids = append(ids, t.id)
	}
	return strings.Join(ids, " ")
}

// hold runs a test of a transport that holds, on fake time.
func hold(t *testing.T, cfg transport.ThreadedConfig, answer func(n int, p *transport.Packet) error, fn func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &faraway{start: time.Now(), answer: answer}
		cfg.Logger = quiet
		tr, err := transport.NewThreaded(f, cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		defer func() { _ = tr.Close(ctx) }()
		fn(NewWithT(t), tr, f, new(outcomes))
	})
}

func send(tr transport.AsyncTransport, o *outcomes, ids ...string) {
	for _, id := range ids {
		tr.SendAsync(context.Background(), body(id), o.done(id))
	}
}

// Errors of a dead server. The errors of syscall differ between systems.
var (
	errRefused = errors.New("connection refused")
	errReset   = errors.New("connection reset by peer")
)

func refusedConnection(p *transport.Packet) error {
	return &transport.NetworkError{EventID: p.EventID, Host: "h", Err: &net.OpError{Op: "dial", Net: "tcp", Err: errRefused}}
}

func brokenConnection(p *transport.Packet) error {
	return &transport.NetworkError{EventID: p.EventID, Host: "h", Err: errReset}
}

func status(code int) func(*transport.Packet) error {
	return func(p *transport.Packet) error { return &transport.APIError{Status: code, EventID: p.EventID} }
}

func always(err func(*transport.Packet) error) func(int, *transport.Packet) error {
	return func(_ int, p *transport.Packet) error { return err(p) }
}

// about matches a time within a tenth.
func about(d time.Duration) types.GomegaMatcher { return BeNumerically("~", d, d/10+time.Millisecond) }

func TestThePauseBetweenAttemptsGrows(t *testing.T) {
	for name, fault := range map[string]func(*transport.Packet) error{
		"a refused connection": refusedConnection,
		"a broken connection":  brokenConnection,
		"a time-out": func(p *transport.Packet) error {
			return &transport.NetworkError{EventID: p.EventID, Err: context.DeadlineExceeded}
		},
		"an unknown authority": func(p *transport.Packet) error {
			return &transport.NetworkError{EventID: p.EventID, Err: x509.UnknownAuthorityError{}}
		},
		"408": status(408), "502": status(502), "503": status(503), "504": status(504),
	} {
		t.Run(name, func(t *testing.T) {
			answer := func(n int, p *transport.Packet) error {
				if n <= 8 {
					return fault(p)
				}
				return nil
			}
			hold(t, transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
				send(tr, o, "a")
				time.Sleep(200 * time.Second)
				synctest.Wait()
				g.Expect(o.get("a")).To(Equal([]error{nil}))
				log := f.log()
				for i, wait := range []time.Duration{1, 4, 9, 16, 25, 36, 36, 36} {
					g.Expect(log[i+1].at - log[i].at).To(about(wait * time.Second))
				}
			})
		})
	}
}

func TestARetryAfterIsObeyedExactly(t *testing.T) {
	answer := func(n int, p *transport.Packet) error {
		if n <= 2 {
			return &transport.APIError{Status: 503, EventID: p.EventID, RetryAfter: 7 * time.Second}
		}
		return nil
	}
	hold(t, transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		send(tr, o, "a")
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		g.Expect(tr.Flush(ctx)).NotTo(Succeed(), "Flush does not shorten a Retry-After")
		send(tr, o, "b")
		g.Expect(tr.Flush(context.Background())).To(Succeed())
		log := f.log()
		g.Expect(log).To(HaveLen(4))
		g.Expect([]try{log[0], log[1], log[2]}).To(Equal([]try{{"a", 0}, {"b", 7 * time.Second}, {"a", 14 * time.Second}}))
	})
}

func TestAnInternalErrorIsTriedThreeTimes(t *testing.T) {
	hold(t, transport.ThreadedConfig{}, always(status(500)), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		send(tr, o, "a")
		time.Sleep(time.Minute)
		synctest.Wait()
		g.Expect(f.ids()).To(Equal("a a a"))
		g.Expect(o.get("a")).To(HaveLen(1))
		var api *transport.APIError
		g.Expect(errors.As(o.get("a")[0], &api)).To(BeTrue())
		g.Expect(o.get("a")[0]).To(MatchError(ContainSubstring("(tried 3 times)")))
	})
}

func TestAPermanentRefusalLosesThePacket(t *testing.T) {
	for _, code := range []int{400, 413, 422, 401, 403, 404, 302, 418, 501} {
		hold(t, transport.ThreadedConfig{}, always(status(code)), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			send(tr, o, "a")
			synctest.Wait()
			g.Expect(o.get("a")).To(HaveLen(1), "%d", code)
			about := code == 400 || code == 413 || code == 422
			g.Expect(tr.HoldState().Paused).To(Equal(!about), "%d", code)
		})
	}
}

// docs/writing-a-transport.md lists which errors of a transport are repeated.
func TestWhichErrorsOfATransportAreRepeated(t *testing.T) {
	for _, tt := range []struct {
		err   error
		again bool
	}{
		{&transport.NetworkError{Err: errors.New("broken off")}, true},
		{&net.DNSError{}, true},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, true},
		{tls.RecordHeaderError{}, true},
		{&transport.APIError{Status: 408}, true},
		{&transport.APIError{Status: 500}, true},
		{&transport.APIError{Status: 502}, true},
		{&transport.APIError{Status: 503}, true},
		{&transport.APIError{Status: 504}, true},
		{errors.New("disk full"), false},
		{x509.UnknownAuthorityError{}, false},
		{context.Canceled, false},
	} {
		once := func(n int, _ *transport.Packet) error {
			if n == 1 {
				return fmt.Errorf("my transport: %w", tt.err)
			}
			return nil
		}
		hold(t, transport.ThreadedConfig{}, once, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			send(tr, o, "a")
			g.Expect(tr.Flush(context.Background())).To(Succeed())
			g.Expect(o.get("a")).To(HaveLen(1))
			g.Expect(len(f.tries) == 2).To(Equal(tt.again), "%T %v", tt.err, tt.err)
		})
	}
}

func TestAPacketThatAlwaysFailsDoesNotStopOthers(t *testing.T) {
	answer := func(_ int, p *transport.Packet) error {
		if p.EventID == "poison" {
			return status(503)(p)
		}
		return nil
	}
	hold(t, transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		send(tr, o, "poison")
		var notices []transport.Notice
		tr.Watch(func(n transport.Notice) { notices = append(notices, n) })
		for i := range 600 {
			send(tr, o, fmt.Sprint(i))
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		for i := range 600 {
			g.Expect(o.get(fmt.Sprint(i))).To(Equal([]error{nil}))
		}
		g.Expect(notices).To(BeEmpty())
		g.Expect(o.get("poison")).To(HaveLen(1))
		g.Expect(o.get("poison")[0]).To(MatchError(ContainSubstring("503 (tried 5 times)")))
	})
}

// An error of the program's own, or a panic below the queue, says nothing about
// the server.
func TestAnErrorOfTheProgramDoesNotEndAPause(t *testing.T) {
	answer := func(n int, p *transport.Packet) error {
		if n == 2 {
			return errors.New("strange")
		}
		return refusedConnection(p)
	}
	hold(t, transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		send(tr, o, "a")
		synctest.Wait()
		send(tr, o, "b")
		time.Sleep(1200 * time.Millisecond)
		synctest.Wait()
		g.Expect(f.ids()).To(Equal("a b"))
		g.Expect(o.get("b")).To(HaveExactElements(MatchError("strange")))
		g.Expect(tr.HoldState().Paused).To(BeTrue())
		time.Sleep(1200 * time.Millisecond)
		synctest.Wait()
		g.Expect(f.ids()).To(Equal("a b a"), "the next probe comes after a pause")
	})
}

func TestAPauseBeginsWithTwoDifferentPackets(t *testing.T) {
	hold(t, transport.ThreadedConfig{}, always(status(503)), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		send(tr, o, "a")
		time.Sleep(20 * time.Second)
		g.Expect(tr.HoldState().Paused).To(BeFalse(), "the cause may be the packet")
		send(tr, o, "b")
		synctest.Wait()
		s := tr.HoldState()
		g.Expect(s.Paused).To(BeTrue())
		g.Expect(s.Waiting).To(Equal(2))
		g.Expect(s.Err).To(MatchError(ContainSubstring("503")))
	})
}

func TestProbesTakeTurns(t *testing.T) {
	hold(t, transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		f.takes = 10 * time.Millisecond
		send(tr, o, "a", "b", "c", "d", "e", "f")
		time.Sleep(time.Second / 2)
		begun := len(f.log())
		g.Expect(begun).To(Equal(4), "the workers' first")
		time.Sleep(60 * time.Second)
		g.Expect(strings.Join(strings.Fields(f.ids())[begun:], " ")).To(Or(HavePrefix("b c d e"), HavePrefix("c d e f"), HavePrefix("d e f a"), HavePrefix("e f a b")))
		g.Expect(f.most).To(Equal(4))
	})
}

func TestPacketsAreHeldThroughAnOutage(t *testing.T) {
	down := true
	answer := func(_ int, p *transport.Packet) error {
		if down {
			return refusedConnection(p)
		}
		return nil
	}
	hold(t, transport.ThreadedConfig{Workers: 4}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		var notices []transport.Notice
		g.Expect(tr.Watch(func(n transport.Notice) { notices = append(notices, n) })).To(BeTrue())
		for i := range 30 {
			send(tr, o, fmt.Sprint(i))
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		g.Expect(o.len()).To(BeZero())
		down = false
		f.takes = 10 * time.Millisecond
		f.most = 0
		g.Expect(tr.Flush(context.Background())).To(Succeed())
		for i := range 30 {
			g.Expect(o.get(fmt.Sprint(i))).To(Equal([]error{nil}))
		}
		g.Expect(notices).To(HaveLen(2))
		g.Expect(notices[0].Kind).To(Equal(transport.NoticePaused))
		g.Expect(notices[0].Err).To(MatchError(errRefused))
		g.Expect(notices[1].Kind).To(Equal(transport.NoticeResumed))
		g.Expect(notices[1].Since).To(Equal(notices[0].Since))
		g.Expect(f.most).To(Equal(4))
		g.Expect(tr.HoldState()).To(Equal(transport.HoldState{}))
	})
}

// Nothing is held after a client report has failed, so there is no pause to
// tell of. Beside a waiting event there is.
func TestAFailedClientReportIsNoOutage(t *testing.T) {
	for name, events := range map[string]int{"alone": 0, "beside an event": 1} {
		t.Run(name, func(t *testing.T) {
			hold(t, transport.ThreadedConfig{Workers: 1}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
				var notices []transport.Notice
				g.Expect(tr.Watch(func(n transport.Notice) { notices = append(notices, n) })).To(BeTrue())
				tr.SendAsync(t.Context(), &transport.Packet{Category: transport.CategoryInternal}, nil)
				send(tr, o, []string{"one"}[:events]...)
				synctest.Wait()
				g.Expect(tr.HoldState().Paused).To(Equal(events > 0))
				g.Expect(notices).To(HaveLen(events))
				for _, n := range notices {
					g.Expect(n.Waiting).To(Equal(1), "the report does not wait")
				}
			})
		})
	}
}

func TestErrorsWithoutAnEvent(t *testing.T) {
	hold(t, transport.ThreadedConfig{}, func(int, *transport.Packet) error { panic("broken") }, func(g *WithT, tr *transport.Threaded, _ *faraway, _ *outcomes) {
		var told error
		tr.SendAsync(context.Background(), &transport.Packet{}, func(_ *transport.Response, err error) { told = err })
		synctest.Wait()
		g.Expect(told).To(MatchError(ContainSubstring("sending a packet without an event panicked")))
	})
	NewWithT(t).Expect((&transport.NetworkError{Host: "h:443", Err: errors.New("refused")}).Error()).To(Equal("transport: a packet without an event did not reach h:443: refused"))
}

func TestAFailureHalvesConcurrency(t *testing.T) {
	answer := func(n int, p *transport.Packet) error {
		if n == 1 {
			return status(503)(p)
		}
		return nil
	}
	hold(t, transport.ThreadedConfig{Workers: 8}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		send(tr, o, "fails")
		synctest.Wait()
		f.takes = 100 * time.Millisecond
		for i := range 20 {
			send(tr, o, fmt.Sprint(i))
		}
		synctest.Wait()
		g.Expect(f.most).To(Equal(4))
	})
}

func TestAfterAPauseConcurrencyGrowsFromOne(t *testing.T) {
	down := true
	answer := func(_ int, p *transport.Packet) error {
		if down {
			return refusedConnection(p)
		}
		return nil
	}
	hold(t, transport.ThreadedConfig{Workers: 8}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		for i := range 40 {
			send(tr, o, fmt.Sprint(i))
		}
		synctest.Wait()
		down = false
		f.takes = 10 * time.Millisecond
		begun := len(f.log())
		g.Expect(tr.Flush(context.Background())).To(Succeed())
		at := make(map[time.Duration]int)
		var order []time.Duration
		for _, t := range f.log()[begun:] {
			if at[t.at] == 0 {
				order = append(order, t.at)
			}
			at[t.at]++
		}
		var steps []int
		for _, moment := range order {
			steps = append(steps, at[moment])
		}
		g.Expect(steps[:3]).To(Equal([]int{1, 1, 2}), "the probe, then one at a time, then one more for each success")
	})
}

func TestFlushShortensAPauseOnceASecond(t *testing.T) {
	hold(t, transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		send(tr, o, "a")
		// 1 + 4 + 9 + 16; the next one is 25 s later.
		time.Sleep(31 * time.Second)
		before := len(f.log())
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), 3500*time.Millisecond)
				defer cancel()
				g.Expect(tr.Flush(ctx)).NotTo(Succeed())
			})
		}
		all.Wait()
		probes := f.log()[before:]
		g.Expect(len(probes)).To(Equal(4))
		for i, p := range probes[1:] {
			g.Expect(p.at - probes[i].at).To(Equal(time.Second))
		}
	})
}

func TestSendPassesThePause(t *testing.T) {
	down := true
	answer := func(_ int, p *transport.Packet) error {
		if down {
			return refusedConnection(p)
		}
		return nil
	}
	hold(t, transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		send(tr, o, "a")
		synctest.Wait()
		_, err := tr.Send(context.Background(), body("now"))
		g.Expect(err).To(MatchError(errRefused), "one attempt, never held")
		g.Expect(tr.HoldState().Paused).To(BeTrue())
		down = false
		_, err = tr.Send(context.Background(), body("again"))
		g.Expect(err).NotTo(HaveOccurred())
		synctest.Wait()
		g.Expect(o.get("a")).To(Equal([]error{nil}), "its success ends the pause")
	})
}

func TestCloseWithADeadServer(t *testing.T) {
	hold(t, transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		send(tr, o, "a", "b", "c")
		time.Sleep(2 * time.Minute)
		before, begun := len(f.log()), time.Now()
		err := tr.Close(context.Background())
		g.Expect(time.Since(begun)).To(BeZero())
		g.Expect(f.log()).To(HaveLen(before + 1))
		var undelivered *transport.UndeliveredError
		g.Expect(errors.As(err, &undelivered)).To(BeTrue())
		g.Expect(undelivered.Abandoned).To(Equal(3))
		g.Expect(err).To(MatchError(errRefused))
		for _, id := range []string{"a", "b", "c"} {
			g.Expect(o.get(id)).To(HaveLen(1))
			g.Expect(o.get(id)[0]).To(And(MatchError(transport.ErrClosed), MatchError(errRefused)))
		}
	})
}

func TestCloseWhileTheServerAsksToWait(t *testing.T) {
	t.Run("it goes on until its deadline", func(t *testing.T) {
		hold(t, transport.ThreadedConfig{}, always(status(503)), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			send(tr, o, "a", "b")
			begun := time.Now()
			g.Expect(tr.Close(context.Background())).NotTo(Succeed())
			g.Expect(time.Since(begun)).To(Equal(10 * time.Second))
			g.Expect(len(f.log())).To(BeNumerically("~", 12, 2))
		})
	})
	t.Run("it delivers what the server takes in time", func(t *testing.T) {
		answer := func(n int, p *transport.Packet) error {
			if n < 6 {
				return status(503)(p)
			}
			return nil
		}
		hold(t, transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			send(tr, o, "a", "b")
			g.Expect(tr.Close(context.Background())).To(Succeed())
		})
	})
	t.Run("it gives up if the server asks for more time than is left", func(t *testing.T) {
		answer := func(_ int, p *transport.Packet) error {
			return &transport.APIError{Status: 503, EventID: p.EventID, RetryAfter: time.Minute}
		}
		hold(t, transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			send(tr, o, "a")
			synctest.Wait()
			begun := time.Now()
			g.Expect(tr.Close(context.Background())).To(MatchError(ContainSubstring("503")))
			g.Expect(time.Since(begun)).To(BeZero())
			g.Expect(f.log()).To(HaveLen(2), "it probes once")
		})
	})
	t.Run("it gives up if the server refuses the client", func(t *testing.T) {
		hold(t, transport.ThreadedConfig{}, always(status(403)), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			send(tr, o, "a", "b", "c", "d", "e", "f", "g")
			synctest.Wait()
			begun := time.Now()
			g.Expect(tr.Close(context.Background())).To(MatchError(ContainSubstring("403")))
			g.Expect(time.Since(begun)).To(BeZero())
		})
	})
}

func limitedBy(p *transport.Packet, after time.Duration, categories ...string) error {
	limits := make(transport.RateLimits)
	for _, c := range categories {
		limits[c] = time.Now().Add(after)
	}
	return &transport.RateLimitedError{EventID: p.EventID, RetryAfter: after, RateLimits: limits}
}

func TestARateLimit(t *testing.T) {
	t.Run("loses the packet whose answer starts it and later packets, and holds earlier ones", func(t *testing.T) {
		answer := func(n int, p *transport.Packet) error {
			if n == 1 {
				return limitedBy(p, 30*time.Second, "")
			}
			return nil
		}
		hold(t, transport.ThreadedConfig{Workers: 1}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			f.takes = time.Second
			send(tr, o, "met", "waiting")
			time.Sleep(2 * time.Second)
			send(tr, o, "fresh")
			synctest.Wait()
			var limit *transport.RateLimitedError
			g.Expect(errors.As(o.get("met")[0], &limit)).To(BeTrue())
			g.Expect(limit.Held).To(BeFalse())
			g.Expect(errors.As(o.get("fresh")[0], &limit)).To(BeTrue())
			g.Expect(limit.Held).To(BeTrue())
			g.Expect(tr.HoldState().Paused).To(BeTrue())
			g.Expect(tr.Flush(context.Background())).To(Succeed())
			g.Expect(o.get("waiting")).To(Equal([]error{nil}))
			g.Expect(f.log()[1].at).To(Equal(31 * time.Second))
		})
	})
	t.Run("applies to its categories only", func(t *testing.T) {
		answer := func(n int, p *transport.Packet) error {
			if n == 1 {
				return limitedBy(p, time.Minute, "transaction")
			}
			return nil
		}
		hold(t, transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			tr.SendAsync(context.Background(), &transport.Packet{EventID: "t", Category: "transaction"}, o.done("t"))
			synctest.Wait()
			send(tr, o, "e")
			synctest.Wait()
			g.Expect(o.get("e")).To(Equal([]error{nil}))
			g.Expect(tr.HoldState().Paused).To(BeFalse())
		})
	})
	t.Run("holds for an hour at most", func(t *testing.T) {
		answer := func(_ int, p *transport.Packet) error { return limitedBy(p, 5*time.Hour, "") }
		hold(t, transport.ThreadedConfig{Workers: 1}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			f.takes = time.Second
			send(tr, o, "met", "waiting")
			time.Sleep(59 * time.Minute)
			g.Expect(o.get("waiting")).To(BeEmpty())
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			g.Expect(o.get("waiting")).To(HaveLen(1))
		})
	})
}

func TestOverflowDuringAPause(t *testing.T) {
	t.Run("block refuses at once", func(t *testing.T) {
		hold(t, transport.ThreadedConfig{QueueSize: 2, Overflow: transport.Block}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			send(tr, o, "a", "b")
			synctest.Wait()
			begun := time.Now()
			send(tr, o, "c")
			g.Expect(time.Since(begun)).To(BeZero())
			g.Expect(o.get("c")[0]).To(And(MatchError(transport.ErrQueueFull), MatchError(errRefused)))
		})
	})
	t.Run("block releases the callers that wait", func(t *testing.T) {
		answer := always(refusedConnection)
		hold(t, transport.ThreadedConfig{Workers: 1, QueueSize: 1, Overflow: transport.Block}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			f.takes = time.Second
			send(tr, o, "a", "b")
			begun := time.Now()
			send(tr, o, "c")
			g.Expect(time.Since(begun)).To(Equal(time.Second))
			g.Expect(o.get("c")[0]).To(MatchError(transport.ErrQueueFull))
		})
	})
	t.Run("drop_oldest evicts the oldest, tried or not", func(t *testing.T) {
		hold(t, transport.ThreadedConfig{Workers: 1, QueueSize: 2, Overflow: transport.DropOldest}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			send(tr, o, "a")
			synctest.Wait()
			send(tr, o, "b", "c", "d")
			g.Expect(o.ids).To(Equal([]string{"a", "b"}))
			g.Expect(o.get("a")[0]).To(MatchError(transport.ErrQueueFull))
		})
	})
}

func TestOneWorkerKeepsTheOrder(t *testing.T) {
	answer := func(n int, p *transport.Packet) error {
		if n == 2 {
			return brokenConnection(p)
		}
		return nil
	}
	hold(t, transport.ThreadedConfig{Workers: 1}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		send(tr, o, "a", "b", "c", "d", "e")
		g.Expect(tr.Flush(context.Background())).To(Succeed())
		g.Expect(f.ids()).To(Equal("a b c b d e"), "c is the probe; nothing else passes b")
	})
}

func TestAPacketThatFailsForAnHourIsGivenUp(t *testing.T) {
	hold(t, transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		send(tr, o, "a")
		time.Sleep(59 * time.Minute)
		g.Expect(o.len()).To(BeZero())
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		g.Expect(o.get("a")).To(HaveLen(1))
		g.Expect(o.get("a")[0]).To(MatchError(errRefused))
	})
}

func TestALateAttemptHasTheTimeOfSending(t *testing.T) {
	const envelope = `{"event_id":"a","trace":{"sent_at":"x"},"sent_at":"2000-01-01T00:00:00.000000Z","sdk":{}}` + "\n{}\n{}\n"
	for _, c := range []struct {
		after         time.Duration
		body, auth    string
		sent, authNow string
	}{
		{30 * time.Second, envelope, "Sentry sentry_timestamp=946684800, sentry_key=k", "00:00:00.000000Z", "sentry_timestamp=946684800, sentry_key=k"},
		{2 * time.Minute, envelope, "Sentry sentry_timestamp=946684800, sentry_key=k", "00:02:00.000000Z", "sentry_timestamp=946684920, sentry_key=k"},
		{2 * time.Minute, `{"message":"no envelope"}`, "", `{"message":"no envelope"}`, ""},
	} {
		var sent *transport.Packet
		answer := func(n int, p *transport.Packet) error {
			if n == 1 {
				return &transport.APIError{Status: 503, RetryAfter: c.after}
			}
			sent = p
			return nil
		}
		hold(t, transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			p := &transport.Packet{EventID: "a", Body: []byte(c.body), Header: http.Header{"X-Sentry-Auth": {c.auth}}}
			tr.SendAsync(context.Background(), p, nil)
			g.Expect(tr.Flush(context.Background())).To(Succeed())
			g.Expect(string(sent.Body)).To(ContainSubstring(c.sent))
			g.Expect(string(sent.Body)).To(HaveSuffix(c.body[len(c.body)-9:]))
			g.Expect(sent.Header.Get("X-Sentry-Auth")).To(ContainSubstring(c.authNow))
			g.Expect(string(p.Body)).To(Equal(c.body), "the packet itself stays as it is")
		})
	}
}

func TestCloseWaitsForRunningSends(t *testing.T) {
	answer := func(n int, p *transport.Packet) error {
		if p.EventID == "later" {
			return &transport.APIError{Status: 503, EventID: p.EventID, RetryAfter: time.Minute}
		}
		return nil
	}
	hold(t, transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		send(tr, o, "later")
		synctest.Wait()
		_, err := tr.Send(context.Background(), body("ends the pause"))
		g.Expect(err).NotTo(HaveOccurred())
		send(tr, o, "a", "b", "c")
		synctest.Wait()
		f.takes = 2 * time.Second
		send(tr, o, "slow")
		synctest.Wait()
		begun := time.Now()
		err = tr.Close(context.Background())
		g.Expect(time.Since(begun)).To(Equal(2 * time.Second))
		g.Expect(o.get("slow")).To(Equal([]error{nil}))
		g.Expect(o.get("later")[0]).To(And(MatchError(transport.ErrClosed), MatchError(ContainSubstring("503"))))
		var undelivered *transport.UndeliveredError
		g.Expect(errors.As(err, &undelivered)).To(BeTrue())
		g.Expect(undelivered.Abandoned).To(Equal(1))
	})
}

func TestARetryAfterIsObeyedInALaterPauseToo(t *testing.T) {
	answer := func(n int, p *transport.Packet) error {
		switch {
		case p.EventID == "asked" && n == 1:
			return &transport.APIError{Status: 503, EventID: p.EventID, RetryAfter: time.Minute}
		case p.EventID == "b" || p.EventID == "c":
			return status(503)(p)
		}
		return nil
	}
	hold(t, transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
		send(tr, o, "asked")
		synctest.Wait()
		_, err := tr.Send(context.Background(), body("ends the pause"))
		g.Expect(err).NotTo(HaveOccurred())
		send(tr, o, "b", "c")
		synctest.Wait()
		g.Expect(tr.HoldState().Paused).To(BeTrue())
		time.Sleep(5 * time.Minute)
		for _, try := range f.log()[1:] {
			if try.id == "asked" {
				g.Expect(try.at).To(BeNumerically(">=", time.Minute))
			}
		}
		g.Expect(o.get("asked")).To(Equal([]error{nil}))
	})
}
