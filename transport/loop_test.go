package transport_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// onLoop runs a test with a running loop.
func onLoop(t *testing.T, fn func(t *testing.T, g *WithT, tr *transport.Looped, n *next, o *outcomes)) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		loop, ended := transport.NewLoop(), make(chan error, 1)
		go func() { ended <- runLoop(ctx, loop) }()
		synctest.Wait()
		n := newNext()
		tr, err := transport.NewLooped(n, transport.LoopedConfig{Loop: loop, Logger: quiet})
		g := NewWithT(t)
		g.Expect(err).NotTo(HaveOccurred())
		fn(t, g, tr, n, new(outcomes))
		_ = tr.Close(t.Context())
		stop()
		g.Expect(<-ended).To(MatchError(context.Canceled))
	})
}

// onItsLoop recognizes the goroutine by this function.
func runLoop(ctx context.Context, loop *transport.EventLoop) error { return loop.Run(ctx) }

func onItsLoop() bool {
	buf := make([]byte, 16<<10)
	return strings.Contains(string(buf[:runtime.Stack(buf, false)]), "transport_test.runLoop(")
}

func TestLoopedRunsCallbacksOnTheLoopOneAtATime(t *testing.T) {
	onLoop(t, func(t *testing.T, g *WithT, tr *transport.Looped, n *next, _ *outcomes) {
		var running, ran, elsewhere atomic.Int32
		for range 50 {
			tr.SendAsync(t.Context(), body("x"), func(*transport.Response, error) {
				if running.Add(1) != 1 || !onItsLoop() {
					elsewhere.Add(1)
				}
				runtime.Gosched()
				running.Add(-1)
				ran.Add(1)
			})
		}
		n.allow(50)
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		g.Expect(ran.Load()).To(Equal(int32(50)))
		g.Expect(elsewhere.Load()).To(BeZero())
	})
}

func TestLoopedDoesNotBlockTheLoop(t *testing.T) {
	onLoop(t, func(t *testing.T, g *WithT, tr *transport.Looped, n *next, o *outcomes) {
		tr.SendAsync(t.Context(), body("a"), func(*transport.Response, error) {
			// This runs on the loop, so it must not block.
			tr.SendAsync(context.Background(), body("from the callback"), o.done("b"))
		})
		n.allow(1)
		synctest.Wait()
		g.Expect(o.len()).To(BeZero())
		n.allow(1)
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		g.Expect(o.get("b")).To(Equal([]error{nil}))
	})
}

func TestLoopedBlocksWhileNoLoopRuns(t *testing.T) {
	for name, loop := range map[string]transport.Loop{"no loop": nil, "a loop that does not run": transport.NewLoop()} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(n transport.Transport) (*transport.Looped, error) {
				return transport.NewLooped(n, transport.LoopedConfig{Loop: loop, Logger: quiet})
			}, func(t *testing.T, g *WithT, tr *transport.Looped, n *next, o *outcomes) {
				returned := make(chan struct{})
				go func() {
					tr.SendAsync(context.Background(), body("a"), o.done("a"))
					close(returned)
				}()
				synctest.Wait()
				g.Expect(returned).NotTo(BeClosed())
				n.allow(1)
				<-returned
				g.Expect(o.get("a")).To(Equal([]error{nil}), "before SendAsync returns")

				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				tr.SendAsync(ctx, body("b"), o.done("b"))
				g.Expect(o.get("b")[0]).To(MatchError(context.DeadlineExceeded), "the caller's context limits it")
				go n.allow(1)
				tr.SendAsync(ctx, body("c"), o.done("c"))
				g.Expect(o.get("c")).To(Equal([]error{nil}), "a context that had ended before does not")
			})
		})
	}
}

func TestLoopedCallsBackAfterTheLoopHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		ctx, stop := context.WithCancel(t.Context())
		loop, ended := transport.NewLoop(), make(chan error, 1)
		go func() { ended <- loop.Run(ctx) }()
		synctest.Wait()
		n, o := newNext(), new(outcomes)
		tr, err := transport.NewLooped(n, transport.LoopedConfig{Loop: loop})
		g.Expect(err).NotTo(HaveOccurred())
		tr.SendAsync(t.Context(), body("a"), o.done("a"))
		synctest.Wait()
		stop()
		<-ended
		n.allow(1)
		g.Expect(tr.Close(t.Context())).To(Succeed())
		g.Expect(o.get("a")).To(Equal([]error{nil}))
	})
}

func TestLoopedCloseIsOnTimeWithAStuckLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		ctx, stop := context.WithCancel(t.Context())
		loop, release := transport.NewLoop(), make(chan struct{})
		go func() { _ = loop.Run(ctx) }()
		synctest.Wait()
		loop.Post(func() { <-release })
		n := newNext()
		tr, err := transport.NewLooped(n, transport.LoopedConfig{Loop: loop, ShutdownTimeout: time.Second})
		g.Expect(err).NotTo(HaveOccurred())
		tr.SendAsync(t.Context(), body("a"), nil)
		var undelivered *transport.UndeliveredError
		g.Expect(errors.As(tr.Close(t.Context()), &undelivered)).To(BeTrue())
		g.Expect(undelivered.Stuck).To(Equal(1))
		close(release)
		stop()
	})
}

func TestEventLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		loop := transport.NewLoop()
		g.Expect(loop.Post(func() {})).To(BeFalse(), "nothing runs it yet")
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- loop.Run(ctx) }()
		synctest.Wait()
		g.Expect(loop.Run(ctx)).To(MatchError(ContainSubstring("running already")))

		var order []int
		loop.Post(func() {
			order = append(order, 1)
			loop.Post(func() { order = append(order, 3) })
			order = append(order, 2)
			stop()
		})
		g.Expect(<-ended).To(MatchError(context.Canceled))
		g.Expect(order).To(Equal([]int{1, 2, 3}), "functions posted before the end run")
		g.Expect(loop.Post(func() {})).To(BeFalse())
	})
}

// The loop must end even if a function posts itself again, as a ticker does.
func TestABusyEventLoopEnds(t *testing.T) {
	g := NewWithT(t)
	loop := transport.NewLoop()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- loop.Run(ctx) }()
	turns, refused := 0, false
	var again func()
	again = func() {
		if turns++; turns == 3 {
			stop()
		}
		refused = !loop.Post(again)
	}
	for !loop.Post(again) {
		runtime.Gosched()
	}
	g.Expect(<-ended).To(MatchError(context.Canceled))
	g.Expect(turns).To(Equal(4), "one was posted when the context ended or right after it")
	g.Expect(refused).To(BeTrue())
}

func TestALoopByDSN(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	ctx, stop := context.WithCancel(t.Context())
	loop := transport.NewLoop()
	tr := open(t, srv.DSN(sentrytest.DSNScheme("tornado")), transport.Env{Loop: loop}).(transport.AsyncTransport)
	posted := make(chan struct{})
	go func() {
		for !loop.Post(func() {}) {
			runtime.Gosched()
		}
		tr.SendAsync(ctx, packet(t, srv.DSN(), eventID), func(_ *transport.Response, err error) {
			if onItsLoop() && err == nil {
				stop()
			}
			close(posted)
		})
	}()
	g.Expect(runLoop(ctx, loop)).To(MatchError(context.Canceled))
	<-posted
	g.Expect(srv.Events()).To(HaveLen(1))
}
