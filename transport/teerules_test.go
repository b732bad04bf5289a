package transport_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

func fine(int, *transport.Packet) error { return nil }

// blackHole is longer than any timeout.
const blackHole = 100 * time.Hour

func target(t testing.TB, host string, tr transport.Transport) transport.Target {
	t.Helper()
	d, err := transport.ParseDSN("https://k@" + host + "/1")
	if err != nil {
		t.Fatal(err)
	}
	return transport.Target{DSN: d, Transport: tr}
}

func queued(t testing.TB, next transport.Transport, cfg transport.ThreadedConfig) *transport.Threaded {
	t.Helper()
	cfg.Logger = quiet
	tr, err := transport.NewThreaded(next, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// teed runs a test of a Tee on fake time. The bubble fails if a goroutine is
// left after Close.
func teed(t *testing.T, open func(t *testing.T) []transport.Transport, fn func(t *testing.T, g *WithT, tr *transport.Tee, logs *logged)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		logs := new(logged)
		var targets []transport.Target
		for i, tr := range open(t) {
			targets = append(targets, target(t, fmt.Sprintf("h%d", i), tr))
		}
		tr, err := transport.NewTee(transport.TeeConfig{Logger: logs.logger()}, targets...)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		defer func() { _ = tr.Close(ctx) }()
		fn(t, NewWithT(t), tr, logs)
	})
}

func TestTheMainTargetGetsThePacketFirst(t *testing.T) {
	own, other := &faraway{answer: fine}, &faraway{answer: fine, takes: time.Minute}
	teed(t, func(t *testing.T) []transport.Transport {
		return []transport.Transport{queued(t, own, transport.ThreadedConfig{}), other}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, _ *logged) {
		begun := time.Now()
		var told time.Duration
		tr.SendAsync(t.Context(), body("a"), func(*transport.Response, error) { told = time.Since(begun) })
		g.Expect(time.Since(begun)).To(Equal(time.Minute), "a capture waits for a target that blocks")
		synctest.Wait()
		g.Expect(told).To(BeZero(), "its outcome does not")
	})
}

func TestBlockingTargetsGetThePacketConcurrently(t *testing.T) {
	own, second, third := &faraway{answer: fine, takes: 3 * time.Second}, &faraway{answer: fine, takes: 4 * time.Second}, &faraway{answer: fine, takes: 5 * time.Second}
	teed(t, func(*testing.T) []transport.Transport {
		return []transport.Transport{own, second, third}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, _ *logged) {
		begun := time.Now()
		var told time.Duration
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		tr.SendAsync(ended, body("a"), func(_ *transport.Response, err error) {
			g.Expect(err).NotTo(HaveOccurred(), "a context that had ended limits nothing")
			told = time.Since(begun)
		})
		g.Expect(told).To(Equal(3 * time.Second))
		g.Expect(time.Since(begun)).To(Equal(5 * time.Second))
		for _, s := range tr.Stats() {
			g.Expect(s.Delivered).To(Equal(uint64(1)))
		}
	})
}

// The sender may reuse its packet, whatever the other targets do.
func TestTheOtherTargetsGetACopy(t *testing.T) {
	var sent *transport.Packet
	var up atomic.Bool
	other := &faraway{answer: func(_ int, p *transport.Packet) error {
		if !up.Load() {
			return refusedConnection(p)
		}
		sent = p
		return nil
	}}
	teed(t, func(t *testing.T) []transport.Transport {
		return []transport.Transport{queued(t, &faraway{answer: fine}, transport.ThreadedConfig{}), queued(t, other, transport.ThreadedConfig{})}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, _ *logged) {
		p := &transport.Packet{
			EventID: "a", URL: "https://h0/api/1/envelope/", Body: []byte("as it was"),
			Header: http.Header{"Content-Type": {"as it was"}, "X-Sentry-Auth": {"Sentry sentry_key=k"}},
		}
		tr.SendAsync(t.Context(), p, nil)
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		synctest.Wait()
		copy(p.Body, "XXXXXXXXX")
		p.Header["Content-Type"][0] = "X"
		up.Store(true)
		time.Sleep(time.Minute)
		synctest.Wait()
		g.Expect(string(sent.Body)).To(Equal("as it was"))
		g.Expect(sent.Header).To(Equal(http.Header{"Content-Type": {"as it was"}, "X-Sentry-Auth": {"Sentry sentry_key=k"}}))
		g.Expect(sent.URL).To(Equal("https://h1/api/1/envelope/"))
	})
}

func TestSendReturnsTheMainTargetsOutcome(t *testing.T) {
	for name, other := range map[string]func(t *testing.T, f *faraway) transport.Transport{
		"with a target that blocks": func(_ *testing.T, f *faraway) transport.Transport { return f },
		"with a queue": func(t *testing.T, f *faraway) transport.Transport {
			return queued(t, f, transport.ThreadedConfig{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("a black hole does not prolong it", func(t *testing.T) {
				dead := &faraway{answer: fine, takes: blackHole}
				teed(t, func(t *testing.T) []transport.Transport {
					return []transport.Transport{&faraway{answer: fine, takes: time.Second}, other(t, dead)}
				}, func(t *testing.T, g *WithT, tr *transport.Tee, _ *logged) {
					begun := time.Now()
					r, err := tr.Send(t.Context(), body("a"))
					g.Expect(err).NotTo(HaveOccurred())
					g.Expect(r.EventID).To(Equal("a"))
					g.Expect(time.Since(begun)).To(Equal(time.Second))
					g.Expect(dead.log()).To(HaveLen(1), "it was sent to")
					ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
					defer cancel()
					g.Expect(tr.Close(ctx)).To(Succeed(), "the main target has lost nothing")
					g.Expect(time.Since(begun)).To(Equal(4 * time.Second))
					g.Expect(tr.Stats()[1]).To(And(HaveField("Failed", uint64(1)), HaveField("Waiting", 0)))
				})
			})
			t.Run("the other target gets it if the main target is dead, even if the context is cancelled", func(t *testing.T) {
				healthy := &faraway{answer: fine, takes: time.Second}
				teed(t, func(t *testing.T) []transport.Transport {
					return []transport.Transport{queued(t, &faraway{answer: always(refusedConnection)}, transport.ThreadedConfig{}), other(t, healthy)}
				}, func(t *testing.T, g *WithT, tr *transport.Tee, _ *logged) {
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
					begun := time.Now()
					for range 10 {
						_, err := tr.Send(ctx, body("a"))
						g.Expect(err).To(MatchError(errRefused))
					}
					g.Expect(time.Since(begun)).To(BeZero())
					cancel() // as a deferred call does
					g.Expect(tr.Close(t.Context())).To(Succeed())
					g.Expect(tr.Stats()[1].Delivered).To(Equal(uint64(10)))
				})
			})
		})
	}

	t.Run("a target that blocks has the rest of the time", func(t *testing.T) {
		dead := &faraway{answer: fine, takes: blackHole}
		teed(t, func(*testing.T) []transport.Transport {
			return []transport.Transport{&faraway{answer: fine}, dead}
		}, func(t *testing.T, g *WithT, tr *transport.Tee, _ *logged) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			_, err := tr.Send(ctx, body("a"))
			g.Expect(err).NotTo(HaveOccurred())
			cancel()
			time.Sleep(3*time.Second - time.Nanosecond)
			synctest.Wait()
			g.Expect(tr.Stats()[1].Waiting).To(Equal(1))
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			g.Expect(tr.Stats()[1].Waiting).To(BeZero())
			g.Expect(tr.Stats()[1].Err).To(MatchError(context.DeadlineExceeded))
		})
	})

	t.Run("the number of packets that wait for a blocking target is limited", func(t *testing.T) {
		dead := &faraway{answer: fine, takes: blackHole}
		teed(t, func(*testing.T) []transport.Transport {
			return []transport.Transport{&faraway{answer: fine}, dead}
		}, func(t *testing.T, g *WithT, tr *transport.Tee, _ *logged) {
			for range 150 {
				_, err := tr.Send(t.Context(), body("a"))
				g.Expect(err).NotTo(HaveOccurred())
			}
			synctest.Wait()
			g.Expect(dead.log()).To(HaveLen(100))
			g.Expect(tr.Stats()[1]).To(And(HaveField("Waiting", 100), HaveField("Failed", uint64(50)), HaveField("Err", MatchError(transport.ErrQueueFull))))
		})
	})
}

func TestFlushReturnsTheMainTargetsError(t *testing.T) {
	own, dead := &faraway{answer: fine, takes: time.Second}, &faraway{answer: always(refusedConnection)}
	teed(t, func(t *testing.T) []transport.Transport {
		return []transport.Transport{queued(t, own, transport.ThreadedConfig{}), queued(t, dead, transport.ThreadedConfig{})}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, _ *logged) {
		dead.start = time.Now()
		tr.SendAsync(t.Context(), body("a"), nil)
		// The other target's next attempt is due 25 s later.
		time.Sleep(31 * time.Second)
		tr.SendAsync(t.Context(), body("b"), nil)
		synctest.Wait()
		begun, before := time.Now(), len(dead.log())
		ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
		for range 5 {
			g.Expect(tr.Flush(ctx)).To(Succeed())
		}
		cancel()
		g.Expect(time.Since(begun)).To(Equal(time.Second))
		time.Sleep(20 * time.Second)
		synctest.Wait()
		var probes []time.Duration
		for _, p := range dead.log()[before:] {
			probes = append(probes, p.at-begun.Sub(dead.start))
		}
		g.Expect(probes).To(Equal([]time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second}), "the rest of that time")

		// A later Flush extends the time.
		before = len(dead.log())
		for _, d := range []time.Duration{500 * time.Millisecond, 4500 * time.Millisecond} {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			g.Expect(tr.Flush(ctx)).To(Succeed())
			cancel()
			synctest.Wait()
		}
		time.Sleep(6 * time.Second)
		g.Expect(dead.log()[before:]).To(HaveLen(5))

		// Without a deadline the time is ten seconds.
		before = len(dead.log())
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		time.Sleep(15 * time.Second)
		g.Expect(len(dead.log()) - before).To(BeNumerically("~", 10, 1))
	})
}

// Repeated flushes don't start more goroutines.
func TestOneGoroutineFlushesATarget(t *testing.T) {
	teed(t, func(t *testing.T) []transport.Transport {
		return []transport.Transport{queued(t, &faraway{answer: fine}, transport.ThreadedConfig{}), queued(t, &faraway{answer: always(refusedConnection)}, transport.ThreadedConfig{})}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, _ *logged) {
		tr.SendAsync(t.Context(), body("a"), nil)
		synctest.Wait()
		before := runtime.NumGoroutine()
		for range 50 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			g.Expect(tr.Flush(ctx)).To(Succeed())
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		g.Expect(runtime.NumGoroutine() - before).To(BeNumerically("<", 10))
	})
}

// slowFlush is a transport whose Flush takes a while after its context has
// ended.
type slowFlush struct {
	*transport.Threaded
	returned atomic.Bool
}

func (f *slowFlush) Flush(ctx context.Context) error {
	<-ctx.Done()
	time.Sleep(100 * time.Millisecond)
	f.returned.Store(true)
	return ctx.Err()
}

func TestNoFlushOutlivesClose(t *testing.T) {
	f := new(slowFlush)
	teed(t, func(t *testing.T) []transport.Transport {
		f.Threaded = queued(t, &faraway{answer: always(refusedConnection)}, transport.ThreadedConfig{})
		return []transport.Transport{queued(t, &faraway{answer: fine}, transport.ThreadedConfig{}), f}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, _ *logged) {
		tr.SendAsync(t.Context(), body("a"), nil)
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		synctest.Wait()
		g.Expect(tr.Close(t.Context())).To(Succeed())
		g.Expect(f.returned.Load()).To(BeTrue())
	})
}

func TestFlushCountsTheMainTargetsPackets(t *testing.T) {
	teed(t, func(t *testing.T) []transport.Transport {
		return []transport.Transport{queued(t, &faraway{answer: always(refusedConnection)}, transport.ThreadedConfig{}), queued(t, &faraway{answer: fine}, transport.ThreadedConfig{})}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, _ *logged) {
		tr.SendAsync(t.Context(), body("a"), nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var undelivered *transport.UndeliveredError
		g.Expect(errors.As(tr.Flush(ctx), &undelivered)).To(BeTrue())
		g.Expect(undelivered.Pending).To(Equal(1))
	})
}

func TestCloseCountsTheMainTargetsLosses(t *testing.T) {
	teed(t, func(t *testing.T) []transport.Transport {
		hole := func() transport.Transport { return &faraway{answer: fine, takes: blackHole} }
		return []transport.Transport{queued(t, hole(), transport.ThreadedConfig{}), queued(t, hole(), transport.ThreadedConfig{}), hole()}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, logs *logged) {
		var sending sync.WaitGroup
		sending.Go(func() { tr.SendAsync(t.Context(), body("a"), nil) })
		synctest.Wait()
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		err := tr.Close(ctx)
		g.Expect(time.Since(begun)).To(Equal(4 * time.Second))
		sending.Wait()
		var undelivered *transport.UndeliveredError
		g.Expect(errors.As(err, &undelivered)).To(BeTrue())
		g.Expect(*undelivered).To(Equal(transport.UndeliveredError{Abandoned: 1, Err: context.DeadlineExceeded}))
		for _, s := range tr.Stats() {
			g.Expect(s).To(And(HaveField("Failed", uint64(1)), HaveField("Waiting", 0)))
		}
		lines := logs.lines()
		g.Expect(lines).To(HaveLen(4), "two for each other target")
		g.Expect(lines).To(ContainElements(
			MatchRegexp(`^level=WARN .*events did not reach the target" host=h1 lost=1 `),
			MatchRegexp(`^level=WARN .*events did not reach the target" host=h2 lost=1 `)))

		g.Expect(tr.Close(t.Context())).To(Succeed())
		tr.SendAsync(t.Context(), body("b"), func(_ *transport.Response, err error) { g.Expect(err).To(MatchError(transport.ErrClosed)) })
		_, err = tr.Send(t.Context(), body("c"))
		g.Expect(err).To(MatchError(transport.ErrClosed))
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		g.Expect(logs.lines()).To(BeEmpty())
	})
}

// closesBadly is a transport whose Close returns an error.
type closesBadly struct{ faraway }

func (*closesBadly) Close(context.Context) error { return errors.New("a file could not be written") }

func TestTheCloseErrorOfAnotherTargetIsLogged(t *testing.T) {
	teed(t, func(*testing.T) []transport.Transport {
		return []transport.Transport{&faraway{answer: fine}, &closesBadly{faraway{answer: fine}}}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, logs *logged) {
		g.Expect(tr.Close(t.Context())).To(Succeed())
		g.Expect(logs.lines()).To(ConsistOf(HaveSuffix(`host=h1 lost=0 for=0s error="a file could not be written"`)))
	})
}

func TestEveryCloseWaitsForTheSameEnd(t *testing.T) {
	teed(t, func(t *testing.T) []transport.Transport {
		return []transport.Transport{
			queued(t, &faraway{answer: fine}, transport.ThreadedConfig{}),
			queued(t, &faraway{answer: fine, takes: blackHole}, transport.ThreadedConfig{ShutdownTimeout: 3 * time.Second}),
		}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, logs *logged) {
		tr.SendAsync(t.Context(), body("a"), nil)
		begun := time.Now()
		var closing sync.WaitGroup
		for range 3 {
			closing.Go(func() {
				g.Expect(tr.Close(t.Context())).To(Succeed())
				g.Expect(time.Since(begun)).To(Equal(3 * time.Second))
			})
		}
		synctest.Wait()
		closing.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			g.Expect(tr.Close(ctx)).To(Succeed(), "the main target is closed")
			g.Expect(time.Since(begun)).To(Equal(time.Second))
		})
		closing.Wait()
		lines := logs.lines()
		g.Expect(lines).To(HaveLen(2))
		g.Expect(lines[1]).To(ContainSubstring("lost=1 for=0s"))
	})
}

func TestTeeHoldsIfItsMainTargetDoes(t *testing.T) {
	down := func(int, *transport.Packet) error { return refusedConnection(new(transport.Packet)) }
	teed(t, func(t *testing.T) []transport.Transport {
		return []transport.Transport{queued(t, &faraway{answer: down}, transport.ThreadedConfig{}), &faraway{answer: fine}}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, _ *logged) {
		var notices []transport.Notice
		g.Expect(tr.Watch(func(n transport.Notice) { notices = append(notices, n) })).To(BeTrue())
		tr.SendAsync(t.Context(), body("a"), nil)
		synctest.Wait()
		g.Expect(notices).To(HaveLen(1))
		g.Expect(tr.HoldState()).To(And(HaveField("Paused", true), HaveField("Waiting", 1), HaveField("Err", MatchError(errRefused))))
	})
	teed(t, func(t *testing.T) []transport.Transport {
		return []transport.Transport{&faraway{answer: fine}, queued(t, &faraway{answer: down}, transport.ThreadedConfig{})}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, _ *logged) {
		g.Expect(tr.Watch(func(transport.Notice) { t.Error("unexpected notice") })).To(BeFalse())
		tr.SendAsync(t.Context(), body("a"), nil)
		synctest.Wait()
		g.Expect(tr.HoldState()).To(BeZero())
	})
}

// rude is a transport that breaks every rule.
type rude struct{ faraway }

func (*rude) SendAsync(context.Context, *transport.Packet, func(*transport.Response, error)) {
	panic("rude")
}
func (*rude) Flush(context.Context) error { panic("rude") }
func (*rude) Close(context.Context) error { panic("rude") }

func TestATargetThatPanicsAffectsNoOther(t *testing.T) {
	teed(t, func(t *testing.T) []transport.Transport {
		own := queued(t, &faraway{answer: fine}, transport.ThreadedConfig{})
		held := queued(t, &faraway{answer: always(refusedConnection)}, transport.ThreadedConfig{})
		return []transport.Transport{own, new(rude), &flushPanics{held}, &faraway{answer: func(int, *transport.Packet) error { panic("rude") }}}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, logs *logged) {
		o := new(outcomes)
		tr.SendAsync(t.Context(), body("a"), o.done("a"))
		_, err := tr.Send(t.Context(), body("b"))
		g.Expect(err).NotTo(HaveOccurred())
		synctest.Wait()
		g.Expect(o.get("a")).To(Equal([]error{nil}))
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		g.Expect(tr.Close(t.Context())).To(Succeed())
		for _, i := range []int{1, 3} {
			g.Expect(tr.Stats()[i]).To(And(HaveField("Failed", uint64(2)), HaveField("Waiting", 0), HaveField("Err", MatchError(ContainSubstring("panicked: rude")))))
		}
		g.Expect(logs.lines()).To(ContainElements(ContainSubstring("tee: closing a target panicked"), ContainSubstring("tee: flushing a target panicked")))
	})
}

// twice is a transport that calls back twice.
type twice struct{ *transport.Threaded }

func (tr *twice) SendAsync(ctx context.Context, p *transport.Packet, done func(*transport.Response, error)) {
	tr.Threaded.SendAsync(ctx, p, func(r *transport.Response, err error) {
		done(r, err)
		done(nil, errors.New("twice"))
	})
}

func TestATargetThatCallsBackTwiceIsCountedOnce(t *testing.T) {
	teed(t, func(t *testing.T) []transport.Transport {
		return []transport.Transport{&faraway{answer: fine}, &twice{queued(t, &faraway{answer: fine}, transport.ThreadedConfig{})}}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, logs *logged) {
		tr.SendAsync(t.Context(), body("a"), nil)
		synctest.Wait()
		g.Expect(tr.Stats()[1]).To(Equal(transport.TargetStats{Host: "h1", Delivered: 1}))
		g.Expect(logs.lines()).To(BeEmpty())
	})
}

type flushPanics struct{ *transport.Threaded }

func (*flushPanics) Flush(context.Context) error { panic("rude") }

// There is one line when failures begin, and one when they end.
func TestTheLogOfATarget(t *testing.T) {
	const begins, over = `^level=ERROR msg="transport: tee: events don't reach the target" host=h1 error=`, `^level=WARN msg="transport: tee: events are delivered to the target again" host=h1 `
	type step struct {
		wait time.Duration
		err  func(*transport.Packet) error
	}
	for name, tc := range map[string]struct {
		steps []step
		lines []string
	}{
		"a failure of the connection ends with the next success": {
			[]step{{0, refusedConnection}, {time.Second, status(503)}, {time.Second, nil}, {time.Second, nil}},
			[]string{begins, over + "lost=2 for=2s$"},
		},
		"other failures end after a while without a failure": {
			[]step{{0, status(413)}, {0, nil}, {time.Second, status(413)}, {time.Second, nil}, {9 * time.Second, nil}, {time.Second, nil}, {time.Second, status(400)}},
			[]string{begins, over + "lost=2 for=11s$", begins},
		},
		"nothing": {[]step{{0, nil}, {0, nil}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			now := 0
			other := &faraway{answer: func(_ int, p *transport.Packet) error {
				if err := tc.steps[now].err; err != nil {
					return err(p)
				}
				return nil
			}}
			teed(t, func(*testing.T) []transport.Transport {
				return []transport.Transport{&faraway{answer: fine}, other}
			}, func(t *testing.T, g *WithT, tr *transport.Tee, logs *logged) {
				for i, s := range tc.steps {
					now = i
					time.Sleep(s.wait)
					tr.SendAsync(t.Context(), body("a"), nil)
				}
				lines := logs.lines()
				g.Expect(lines).To(HaveLen(len(tc.lines)))
				for i, line := range lines {
					g.Expect(line).To(MatchRegexp(tc.lines[i]))
				}
			})
		})
	}
}

// Packets that were in flight when a pause began may still arrive during it.
func TestASuccessDuringAPauseDoesNotEndABurst(t *testing.T) {
	other := &faraway{answer: func(n int, p *transport.Packet) error {
		switch n {
		case 1:
			time.Sleep(time.Second)
		case 2:
			return &transport.APIError{Status: 503, EventID: p.EventID, RetryAfter: time.Minute}
		}
		return nil
	}}
	teed(t, func(t *testing.T) []transport.Transport {
		return []transport.Transport{queued(t, &faraway{answer: fine}, transport.ThreadedConfig{}), queued(t, other, transport.ThreadedConfig{})}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, logs *logged) {
		for range 2 {
			tr.SendAsync(t.Context(), body("a"), nil)
			synctest.Wait()
		}
		time.Sleep(2 * time.Second)
		g.Expect(tr.Stats()[1].Delivered).To(Equal(uint64(1)))
		g.Expect(logs.lines()).To(HaveLen(1))
		time.Sleep(time.Minute)
		synctest.Wait()
		g.Expect(logs.lines()).To(ConsistOf(HaveSuffix("again\" host=h1 lost=0 for=1m0s")))
	})
}

// A packet about the client itself is not an event.
func TestALostReportBeginsNoBurst(t *testing.T) {
	teed(t, func(*testing.T) []transport.Transport {
		return []transport.Transport{&faraway{answer: fine}, &faraway{answer: always(refusedConnection)}}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, logs *logged) {
		tr.SendAsync(t.Context(), &transport.Packet{Category: transport.CategoryInternal}, nil)
		g.Expect(tr.Stats()[1].Failed).To(Equal(uint64(1)))
		g.Expect(tr.Close(t.Context())).To(Succeed())
		g.Expect(logs.lines()).To(BeEmpty())
	})
}

// A pause is one burst from its beginning to its end, whatever is lost in it.
func TestAPauseOfATargetIsOneBurst(t *testing.T) {
	answers := []func(*transport.Packet) error{status(403), status(403), status(403), nil}
	other := &faraway{answer: func(n int, p *transport.Packet) error {
		if err := answers[min(n, len(answers))-1]; err != nil {
			return err(p)
		}
		return nil
	}}
	teed(t, func(t *testing.T) []transport.Transport {
		return []transport.Transport{queued(t, &faraway{answer: fine}, transport.ThreadedConfig{}), queued(t, other, transport.ThreadedConfig{Workers: 1})}
	}, func(t *testing.T, g *WithT, tr *transport.Tee, logs *logged) {
		for range 10 {
			tr.SendAsync(t.Context(), body("a"), nil)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		g.Expect(tr.Stats()[1]).To(And(HaveField("Delivered", uint64(7)), HaveField("Failed", uint64(3))))
		lines := logs.lines()
		g.Expect(lines).To(HaveLen(2))
		g.Expect(lines[1]).To(ContainSubstring("again\" host=h1 lost=3 for="))
	})
}
