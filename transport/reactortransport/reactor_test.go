package reactortransport_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/reactortransport"
)

type reactor = transport.Threaded

func TestAllCallbacksRunOnOneGoroutine(t *testing.T) {
	inBubble(t, reactortransport.Config{ThreadedConfig: transport.ThreadedConfig{Workers: 4, QueueSize: 2}}, func(t *testing.T, g *WithT, r *reactor, n *next, _ *outcomes) {
		// Without a lock, so that the race detector reports a second goroutine.
		on := make(map[string]int)
		var told sync.WaitGroup
		const sent = 40
		told.Add(sent)
		var senders sync.WaitGroup
		for range 4 {
			senders.Go(func() {
				for range sent / 4 {
					r.SendAsync(t.Context(), body("x"), func(*transport.Response, error) {
						on[goroutine()]++
						told.Done()
					})
				}
			})
		}
		senders.Wait()
		close(n.permits)
		told.Wait() // delivered and refused ones
		g.Expect(on).To(HaveLen(1))
		g.Expect(on).NotTo(HaveKey(goroutine()))
	})
}

func TestNoGoroutineRunsBeforeTheFirstPacket(t *testing.T) {
	inBubble(t, reactortransport.Config{}, func(t *testing.T, g *WithT, r *reactor, n *next, _ *outcomes) {
		before := runtime.NumGoroutine()
		synctest.Wait()
		g.Expect(runtime.NumGoroutine()).To(Equal(before))
		r.SendAsync(t.Context(), body("a"), nil)
		synctest.Wait()
		g.Expect(runtime.NumGoroutine()).To(Equal(before+1), "one worker")
		n.allow(1)
		synctest.Wait()
		g.Expect(runtime.NumGoroutine()).To(Equal(before+1), "the one that runs callbacks")
	})
}

func TestWorkersAndMaxConnsBoundWhatIsInFlight(t *testing.T) {
	for _, cfg := range []reactortransport.Config{
		{ThreadedConfig: transport.ThreadedConfig{Workers: 3}},
		{ThreadedConfig: transport.ThreadedConfig{Workers: 9}, HTTPConfig: transport.HTTPConfig{MaxConns: 3}},
	} {
		inBubble(t, cfg, func(t *testing.T, g *WithT, r *reactor, n *next, _ *outcomes) {
			for range 20 {
				r.SendAsync(t.Context(), body("x"), nil)
			}
			synctest.Wait()
			n.allow(20)
			g.Expect(r.Flush(t.Context())).To(Succeed())
			g.Expect(n.most).To(Equal(3))
		})
	}
}

func TestSendPassesTheReactor(t *testing.T) {
	inBubble(t, reactortransport.Config{ThreadedConfig: transport.ThreadedConfig{Workers: 1}}, func(t *testing.T, g *WithT, r *reactor, n *next, _ *outcomes) {
		hold := make(chan struct{})
		r.SendAsync(t.Context(), body("held"), func(*transport.Response, error) { <-hold })
		n.allow(1)
		synctest.Wait()
		go n.allow(1)
		response, err := r.Send(t.Context(), body("direct"))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(response.EventID).To(Equal("direct"))
		close(hold)
	})
}

func TestOverflow(t *testing.T) {
	// One packet is in flight, and there is room for two more.
	fill := func(r *reactor, o *outcomes, ids ...string) {
		for _, id := range ids {
			r.SendAsync(context.Background(), body(id), o.done(id))
			synctest.Wait()
		}
	}
	for _, c := range []struct{ overflow, dropped, sent, says string }{
		{"", "c", "busy a b", "queue_size"},
		{transport.DropNewest, "c", "busy a b", "2 events are waiting (queue_size)"},
		{transport.DropOldest, "a", "busy b c", "event a was evicted by a newer one (overflow=drop_oldest)"},
	} {
		t.Run(c.overflow, func(t *testing.T) {
			inBubble(t, reactortransport.Config{ThreadedConfig: transport.ThreadedConfig{Workers: 1, QueueSize: 2, Overflow: c.overflow}}, func(t *testing.T, g *WithT, r *reactor, n *next, o *outcomes) {
				fill(r, o, "busy", "a", "b", "c")
				g.Expect(o.told()).To(Equal(c.dropped))
				g.Expect(o.err(c.dropped)).To(And(MatchError(transport.ErrQueueFull), MatchError(ContainSubstring(c.says))))
				n.allow(3)
				g.Expect(r.Flush(t.Context())).To(Succeed())
				g.Expect(n.sent()).To(Equal(c.sent))
			})
		})
	}
	for _, overflow := range []string{transport.DropNewest, transport.DropOldest} {
		t.Run("bytes count, "+overflow, func(t *testing.T) {
			inBubble(t, reactortransport.Config{ThreadedConfig: transport.ThreadedConfig{Workers: 1, QueueBytes: 537, Overflow: overflow}}, func(t *testing.T, g *WithT, r *reactor, n *next, o *outcomes) {
				fill(r, o, "busy", "a", "b", "c")
				g.Expect(o.told()).To(Equal(map[string]string{transport.DropNewest: "c", transport.DropOldest: "a"}[overflow]))
			})
		})
	}
	t.Run("a packet above the byte limit is taken when none is waiting", func(t *testing.T) {
		inBubble(t, reactortransport.Config{ThreadedConfig: transport.ThreadedConfig{Workers: 1, QueueBytes: 5, Overflow: transport.DropOldest}}, func(t *testing.T, g *WithT, r *reactor, n *next, o *outcomes) {
			fill(r, o, "busy", "a")
			g.Expect(o.told()).To(BeEmpty())
		})
	})
}

func TestBlock(t *testing.T) {
	cfg := reactortransport.Config{ThreadedConfig: transport.ThreadedConfig{Workers: 1, QueueSize: 1, Overflow: transport.Block}}
	t.Run("waits for room", func(t *testing.T) {
		inBubble(t, cfg, func(t *testing.T, g *WithT, r *reactor, n *next, o *outcomes) {
			const sent = 100
			go func() {
				for i := range sent {
					r.SendAsync(context.Background(), body(fmt.Sprint(i)), o.done(fmt.Sprint(i)))
				}
			}()
			synctest.Wait()
			g.Expect(n.sent()).To(Equal("0"))
			n.allow(sent)
			synctest.Wait()
			g.Expect(o.ids).To(HaveLen(sent))
			for _, id := range o.ids {
				g.Expect(o.err(id)).NotTo(HaveOccurred())
			}
		})
	})
	t.Run("until the caller's context ends", func(t *testing.T) {
		inBubble(t, cfg, func(t *testing.T, g *WithT, r *reactor, n *next, o *outcomes) {
			r.SendAsync(t.Context(), body("busy"), nil)
			r.SendAsync(t.Context(), body("a"), nil)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			r.SendAsync(ctx, body("b"), o.done("b"))
			g.Expect(time.Since(start)).To(Equal(time.Second))
			synctest.Wait()
			g.Expect(o.err("b")).To(And(MatchError(transport.ErrQueueFull), MatchError(context.DeadlineExceeded)))
		})
	})
	t.Run("until Close", func(t *testing.T) {
		inBubble(t, cfg, func(t *testing.T, g *WithT, r *reactor, n *next, o *outcomes) {
			r.SendAsync(t.Context(), body("busy"), nil)
			r.SendAsync(t.Context(), body("a"), nil)
			go r.SendAsync(context.Background(), body("b"), o.done("b"))
			synctest.Wait()
			closed := make(chan error, 1)
			go func() { closed <- r.Close(context.Background()) }()
			synctest.Wait()
			g.Expect(o.err("b")).To(MatchError(transport.ErrClosed))
			n.allow(2)
			g.Expect(<-closed).To(Succeed())
		})
	})
	t.Run("in a callback, because workers make the room", func(t *testing.T) {
		inBubble(t, cfg, func(t *testing.T, g *WithT, r *reactor, n *next, o *outcomes) {
			r.SendAsync(t.Context(), body("busy"), func(*transport.Response, error) {
				for _, id := range []string{"a", "b", "c"} {
					r.SendAsync(context.Background(), body(id), o.done(id))
				}
			})
			n.allow(4)
			g.Expect(r.Flush(t.Context())).To(Succeed())
			synctest.Wait()
			for _, id := range []string{"a", "b", "c"} {
				g.Expect(o.err(id)).NotTo(HaveOccurred())
			}
		})
	})
}

// Callbacks behind a slow one run later, in order; deliveries continue
// meanwhile.
func TestASlowCallback(t *testing.T) {
	cfg := reactortransport.Config{ThreadedConfig: transport.ThreadedConfig{Workers: 2, QueueSize: 2}}
	inBubble(t, cfg, func(t *testing.T, g *WithT, r *reactor, n *next, o *outcomes) {
		hold := make(chan struct{})
		r.SendAsync(t.Context(), body("first"), func(*transport.Response, error) { <-hold })
		n.allow(1)
		synctest.Wait()
		for i := range 8 {
			r.SendAsync(t.Context(), body(fmt.Sprint(i)), o.done(fmt.Sprint(i)))
			synctest.Wait()
		}
		n.allow(4)
		synctest.Wait()
		g.Expect(n.sent()).To(Equal("first 0 1 2 3"))
		g.Expect(o.told()).To(BeEmpty(), "one callback runs at a time")
		close(hold)
		synctest.Wait()
		g.Expect(o.told()).To(HavePrefix("4 5 6 7"), "refusals come first")
		g.Expect(o.ids).To(HaveLen(8))
	})
}

func TestCallbacksThatMisbehave(t *testing.T) {
	t.Run("by panicking", func(t *testing.T) {
		var log bytes.Buffer
		cfg := reactortransport.Config{ThreadedConfig: transport.ThreadedConfig{Logger: slog.New(slog.NewTextHandler(&log, nil))}}
		inBubble(t, cfg, func(t *testing.T, g *WithT, r *reactor, n *next, o *outcomes) {
			r.SendAsync(t.Context(), body("a"), func(*transport.Response, error) { panic("oops") })
			r.SendAsync(t.Context(), body("b"), o.done("b"))
			n.allow(2)
			g.Expect(r.Flush(t.Context())).To(Succeed())
			g.Expect(o.told()).To(Equal("b"))
			g.Expect(log.String()).To(And(ContainSubstring("a delivery callback panicked"), ContainSubstring("oops")))
		})
	})
	t.Run("by ending their goroutine", func(t *testing.T) {
		inBubble(t, reactortransport.Config{ThreadedConfig: transport.ThreadedConfig{Workers: 1}}, func(t *testing.T, g *WithT, r *reactor, n *next, o *outcomes) {
			for range 3 {
				r.SendAsync(t.Context(), body("a"), func(*transport.Response, error) { runtime.Goexit() })
			}
			r.SendAsync(t.Context(), body("b"), o.done("b"))
			n.allow(4)
			g.Expect(r.Flush(t.Context())).To(Succeed())
			g.Expect(o.told()).To(Equal("b"))
			g.Expect(r.Close(t.Context())).To(Succeed())
		})
	})
}

func TestSendsThatMisbehave(t *testing.T) {
	inBubble(t, reactortransport.Config{}, func(t *testing.T, g *WithT, r *reactor, n *next, o *outcomes) {
		r.SendAsync(t.Context(), body("panic"), o.done("panic"))
		r.SendAsync(t.Context(), body("goexit"), o.done("goexit"))
		g.Expect(r.Flush(t.Context())).To(Succeed())
		g.Expect(o.err("panic")).To(MatchError("transport: sending event panic panicked: below"))
		g.Expect(o.err("goexit")).To(MatchError("transport: the send ended its goroutine"))
	})
}
