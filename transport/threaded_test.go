package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// next is the transport below a Threaded. Its sends wait for a permit, so that
// a test decides when each packet is delivered.
type next struct {
	permits chan error
	mu      sync.Mutex
	got     []string
	closed  bool
}

func newNext() *next { return &next{permits: make(chan error)} }

func (n *next) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	n.mu.Lock()
	n.got = append(n.got, p.EventID)
	n.mu.Unlock()
	select {
	case err := <-n.permits:
		if err != nil {
			return nil, err
		}
		return &transport.Response{Status: 200, EventID: p.EventID}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (n *next) Close(context.Context) error {
	n.closed = true
	return nil
}

func (n *next) allow(count int) {
	for range count {
		n.permits <- nil
	}
}

func (n *next) ids() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.got, " ")
}

// outcomes collects the arguments of callbacks.
type outcomes struct {
	mu  sync.Mutex
	of  map[string][]error
	ids []string
}

func (o *outcomes) done(id string) func(*transport.Response, error) {
	return func(_ *transport.Response, err error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.of == nil {
			o.of = make(map[string][]error)
		}
		o.of[id] = append(o.of[id], err)
		o.ids = append(o.ids, id)
	}
}

func (o *outcomes) get(id string) []error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.of[id]
}

func (o *outcomes) len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.ids)
}

func body(id string) *transport.Packet {
	return &transport.Packet{EventID: id, Body: []byte("0123456789")}
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// inBubble runs a test of a Threaded on fake time. The bubble fails if a
// goroutine is left after Close.
func inBubble(t *testing.T, cfg transport.ThreadedConfig, fn func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes)) {
	if cfg.Logger == nil {
		cfg.Logger = quiet
	}
	open := func(n transport.Transport) (*transport.Threaded, error) { return transport.NewThreaded(n, cfg) }
	bubble(t, open, fn)
}

// bubble is inBubble for any transport that delivers through another one.
func bubble[T transport.AsyncTransport](
	t *testing.T, open func(transport.Transport) (T, error), fn func(t *testing.T, g *WithT, tr T, n *next, o *outcomes),
) {
	synctest.Test(t, func(t *testing.T) {
		n := newNext()
		tr, err := open(n)
		if err != nil {
			t.Fatal(err)
		}
		g := NewWithT(t)
		fn(t, g, tr, n, new(outcomes))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = tr.Close(ctx)
		g.Expect(n.closed).To(BeTrue(), "Close closes the transport below")
	})
}

func TestThreadedDeliversInTheBackground(t *testing.T) {
	inBubble(t, transport.ThreadedConfig{}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
		for _, id := range []string{"a", "b", "c"} {
			tr.SendAsync(t.Context(), body(id), o.done(id))
		}
		synctest.Wait()
		g.Expect(o.len()).To(BeZero())
		n.allow(3)
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		g.Expect(o.len()).To(Equal(3))
		g.Expect(o.get("b")).To(Equal([]error{nil}))
	})
}

func TestThreadedPassesErrorsToTheCallback(t *testing.T) {
	inBubble(t, transport.ThreadedConfig{}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
		refusal := &transport.APIError{Status: 400}
		tr.SendAsync(t.Context(), body("a"), o.done("a"))
		tr.SendAsync(t.Context(), body("nobody asks"), nil)
		n.permits <- refusal
		n.permits <- refusal
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		g.Expect(o.get("a")).To(Equal([]error{refusal}))
	})
}

// workers returns the number of goroutines that deliver for a Threaded.
func workers() int {
	buf := make([]byte, 1<<20)
	return strings.Count(string(buf[:runtime.Stack(buf, true)]), ".(*Threaded).work(")
}

func TestThreadedWorkersStartAsNeededAndEnd(t *testing.T) {
	inBubble(t, transport.ThreadedConfig{Workers: 2}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
		g.Expect(workers()).To(BeZero())
		tr.SendAsync(t.Context(), body("a"), nil)
		synctest.Wait()
		g.Expect(workers()).To(Equal(1))
		for range 5 {
			tr.SendAsync(t.Context(), body("x"), nil)
		}
		synctest.Wait()
		g.Expect(workers()).To(Equal(2))
		n.allow(6)
		synctest.Wait()
		g.Expect(workers()).To(BeZero())
	})
}

func TestThreadedOverflow(t *testing.T) {
	// One worker is busy with the first packet, and there is room for two more.
	fill := func(tr *transport.Threaded, o *outcomes, ids ...string) {
		for _, id := range ids {
			tr.SendAsync(context.Background(), body(id), o.done(id))
			synctest.Wait()
		}
	}
	t.Run("drop_newest", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{Workers: 1, QueueSize: 2}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			fill(tr, o, "busy", "a", "b", "c")
			g.Expect(o.get("c")).To(HaveLen(1))
			g.Expect(o.get("c")[0]).To(MatchError(transport.ErrQueueFull))
			g.Expect(o.get("c")[0]).To(MatchError(ContainSubstring("queue_size")))
			n.allow(3)
			g.Expect(tr.Flush(t.Context())).To(Succeed())
			g.Expect(n.ids()).To(Equal("busy a b"))
		})
	})
	t.Run("drop_oldest", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{Workers: 1, QueueSize: 2, Overflow: transport.DropOldest}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			fill(tr, o, "busy", "a", "b", "c")
			g.Expect(o.get("a")).To(HaveLen(1))
			g.Expect(o.get("a")[0]).To(MatchError(transport.ErrQueueFull))
			g.Expect(o.get("a")[0]).To(MatchError(ContainSubstring("event a was evicted by a newer one")))
			n.allow(3)
			g.Expect(tr.Flush(t.Context())).To(Succeed())
			g.Expect(n.ids()).To(Equal("busy b c"))
		})
	})
	t.Run("block", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{Workers: 1, QueueSize: 2, Overflow: transport.Block}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			fill(tr, o, "busy", "a", "b")
			admitted := make(chan struct{})
			go func() {
				tr.SendAsync(context.Background(), body("c"), o.done("c"))
				close(admitted)
			}()
			synctest.Wait()
			g.Expect(admitted).NotTo(BeClosed())
			n.allow(1)
			<-admitted
			n.allow(3)
			g.Expect(tr.Flush(t.Context())).To(Succeed())
			g.Expect(n.ids()).To(Equal("busy a b c"))
		})
	})
	t.Run("block gives up with the caller's context", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{Workers: 1, QueueSize: 1, Overflow: transport.Block}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			fill(tr, o, "busy", "a")
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			tr.SendAsync(ctx, body("b"), o.done("b"))
			g.Expect(time.Since(start)).To(Equal(time.Second))
			g.Expect(o.get("b")).To(HaveLen(1))
			g.Expect(o.get("b")[0]).To(And(MatchError(transport.ErrQueueFull), MatchError(context.DeadlineExceeded)))
		})
	})
	t.Run("block gives up at Close", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{Workers: 1, QueueSize: 1, Overflow: transport.Block}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			fill(tr, o, "busy", "a")
			go tr.SendAsync(context.Background(), body("b"), o.done("b"))
			synctest.Wait()
			closed := make(chan error, 1)
			go func() { closed <- tr.Close(context.Background()) }()
			synctest.Wait()
			g.Expect(o.get("b")).To(HaveLen(1))
			g.Expect(o.get("b")[0]).To(MatchError(transport.ErrClosed))
			n.allow(2)
			g.Expect(<-closed).To(Succeed())
		})
	})
	t.Run("bytes count", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{Workers: 1, QueueBytes: 537}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			fill(tr, o, "busy", "a", "b", "c")
			g.Expect(o.get("c")).To(HaveLen(1))
			g.Expect(o.get("c")[0]).To(MatchError(And(ContainSubstring("queue_bytes 537"), ContainSubstring("532 bytes are waiting, and the event takes 266"))))
		})
	})
	t.Run("a packet above the byte limit is taken when none is waiting", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{Workers: 1, QueueBytes: 5}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			fill(tr, o, "busy", "a")
			g.Expect(o.len()).To(BeZero())
		})
	})
}

func TestThreadedTakesPacketsOfContextsThatHaveEnded(t *testing.T) {
	inBubble(t, transport.ThreadedConfig{}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		tr.SendAsync(ctx, body("a"), o.done("a"))
		n.allow(1)
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		g.Expect(o.get("a")).To(Equal([]error{nil}))
	})
}

func TestThreadedFlush(t *testing.T) {
	t.Run("counts what is left when its context ends", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{Workers: 2}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			for range 5 {
				tr.SendAsync(t.Context(), body("x"), nil)
			}
			n.allow(1)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			err := tr.Flush(ctx)
			g.Expect(time.Since(start)).To(Equal(time.Second))
			var undelivered *transport.UndeliveredError
			g.Expect(errors.As(err, &undelivered)).To(BeTrue())
			g.Expect(undelivered.Pending).To(Equal(4))
			g.Expect(err).To(MatchError(context.DeadlineExceeded))
			g.Expect(err.Error()).To(Equal("transport: undelivered packets: 4 still pending: context deadline exceeded"))
		})
	})
	t.Run("is not prolonged by later packets", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{Workers: 1}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			tr.SendAsync(t.Context(), body("a"), nil)
			flushed := make(chan error, 1)
			go func() { flushed <- tr.Flush(context.Background()) }()
			synctest.Wait()
			tr.SendAsync(t.Context(), body("b"), nil)
			n.allow(1)
			g.Expect(<-flushed).To(Succeed())
		})
	})
	t.Run("waits for the callback", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			finish := make(chan struct{})
			tr.SendAsync(t.Context(), body("a"), func(*transport.Response, error) { <-finish })
			n.allow(1)
			flushed := make(chan error, 1)
			go func() { flushed <- tr.Flush(context.Background()) }()
			synctest.Wait()
			g.Expect(flushed).NotTo(Receive())
			close(finish)
			g.Expect(<-flushed).To(Succeed())
		})
	})
	t.Run("may be called often, concurrently and after Close", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			for range 20 {
				tr.SendAsync(t.Context(), body("x"), nil)
			}
			flushed := make(chan error, 10)
			for range 10 {
				go func() { flushed <- tr.Flush(context.Background()) }()
			}
			n.allow(20)
			for range 10 {
				g.Expect(<-flushed).To(Succeed())
			}
			g.Expect(tr.Close(t.Context())).To(Succeed())
			g.Expect(tr.Flush(t.Context())).To(Succeed())
		})
	})
}

func TestThreadedClose(t *testing.T) {
	t.Run("delivers what is waiting", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{Workers: 1}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			for range 3 {
				tr.SendAsync(t.Context(), body("x"), o.done("x"))
			}
			go n.allow(3)
			g.Expect(tr.Close(t.Context())).To(Succeed())
			g.Expect(o.get("x")).To(Equal([]error{nil, nil, nil}))
		})
	})
	t.Run("gives up at the shutdown timeout", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{Workers: 1, ShutdownTimeout: 3 * time.Second}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			for _, id := range []string{"a", "b", "c"} {
				tr.SendAsync(t.Context(), body(id), o.done(id))
			}
			n.allow(1)
			start := time.Now()
			err := tr.Close(context.Background())
			g.Expect(time.Since(start)).To(Equal(3 * time.Second))
			var undelivered *transport.UndeliveredError
			g.Expect(errors.As(err, &undelivered)).To(BeTrue())
			g.Expect(undelivered.Abandoned).To(Equal(2))
			g.Expect(o.get("a")).To(Equal([]error{nil}))
			g.Expect(o.get("b")[0]).To(MatchError(transport.ErrClosed), "it was being sent")
			g.Expect(o.get("c")[0]).To(MatchError(transport.ErrClosed), "it was waiting")
		})
	})
	t.Run("gives up when its context ends", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			tr.SendAsync(t.Context(), body("a"), o.done("a"))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			g.Expect(tr.Close(ctx)).To(MatchError(context.DeadlineExceeded))
			g.Expect(time.Since(start)).To(Equal(time.Second))
		})
	})
	t.Run("returns the cause of its context", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{Workers: 1}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			tr.SendAsync(t.Context(), body("busy"), nil)
			synctest.Wait()
			tr.SendAsync(t.Context(), body("a"), o.done("a"))
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			g.Expect(tr.Close(ctx)).To(MatchError(context.Canceled))
			g.Expect(o.get("a")).To(HaveExactElements(MatchError("transport: closed before event a was delivered: context canceled")))
		})
	})
	t.Run("returns even if a callback does not", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			n, o, hang := newNext(), new(outcomes), make(chan struct{})
			tr, err := transport.NewThreaded(n, transport.ThreadedConfig{Workers: 1, ShutdownTimeout: time.Second})
			g.Expect(err).NotTo(HaveOccurred())
			tr.SendAsync(t.Context(), body("stuck"), func(*transport.Response, error) { <-hang })
			tr.SendAsync(t.Context(), body("stuck too"), func(*transport.Response, error) { <-hang })
			tr.SendAsync(t.Context(), body("a"), o.done("a"))
			n.allow(1)
			start := time.Now()
			err = tr.Close(context.Background())
			g.Expect(time.Since(start)).To(BeNumerically("<", 2*time.Second))
			var undelivered *transport.UndeliveredError
			g.Expect(errors.As(err, &undelivered)).To(BeTrue())
			g.Expect(undelivered.Stuck).To(Equal(2))
			g.Expect(err.Error()).To(ContainSubstring("2 stuck in a callback or send that does not return"))
			g.Expect(o.get("a")).To(HaveLen(1), "a callback that hangs does not affect the others")
			close(hang)
		})
	})
	t.Run("is final, may be repeated and called concurrently", func(t *testing.T) {
		inBubble(t, transport.ThreadedConfig{}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
			tr.SendAsync(t.Context(), body("a"), nil)
			closed := make(chan error, 20)
			for range 20 {
				go func() { closed <- tr.Close(context.Background()) }()
			}
			synctest.Wait()
			g.Expect(closed).NotTo(Receive())
			n.allow(1)
			for range 20 {
				g.Expect(<-closed).To(Succeed())
			}
			tr.SendAsync(t.Context(), body("late"), o.done("late"))
			g.Expect(o.get("late")).To(Equal([]error{transport.ErrClosed}))
			_, err := tr.Send(t.Context(), body("late"))
			g.Expect(err).To(MatchError(transport.ErrClosed))
		})
	})
}

func TestThreadedSendGoesPastTheQueue(t *testing.T) {
	inBubble(t, transport.ThreadedConfig{Workers: 1}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
		for range 3 {
			tr.SendAsync(t.Context(), body("queued"), nil)
		}
		synctest.Wait()
		sent := make(chan error, 1)
		go func() {
			_, err := tr.Send(context.Background(), body("direct"))
			sent <- err
		}()
		synctest.Wait()
		g.Expect(n.ids()).To(Equal("queued direct"))
		n.allow(4)
		g.Expect(<-sent).To(Succeed())
	})
}

func TestThreadedSendIsCancelledByClose(t *testing.T) {
	inBubble(t, transport.ThreadedConfig{ShutdownTimeout: time.Second}, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
		sent := make(chan error, 1)
		go func() {
			_, err := tr.Send(context.Background(), body("a"))
			sent <- err
		}()
		synctest.Wait()
		err := tr.Close(context.Background())
		g.Expect(<-sent).To(MatchError(transport.ErrClosed))
		g.Expect(err).To(MatchError(context.DeadlineExceeded))
	})
}

// troubled is a transport that misbehaves on demand.
type troubled struct{ *next }

func (n troubled) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	switch p.EventID {
	case "panics":
		panic("boom")
	case "exits":
		runtime.Goexit()
	}
	return n.next.Send(ctx, p)
}

func TestThreadedSurvivesPanics(t *testing.T) {
	var log strings.Builder
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		n, o := newNext(), new(outcomes)
		tr, err := transport.NewThreaded(troubled{n}, transport.ThreadedConfig{Workers: 1, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		g.Expect(err).NotTo(HaveOccurred())
		tr.SendAsync(t.Context(), body("panics"), o.done("panics"))
		tr.SendAsync(t.Context(), body("exits"), o.done("exits"))
		tr.SendAsync(t.Context(), body("a"), func(*transport.Response, error) { panic("callback") })
		tr.SendAsync(t.Context(), body("b"), func(*transport.Response, error) { runtime.Goexit() })
		tr.SendAsync(t.Context(), body("c"), o.done("c"))
		n.allow(3)
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		g.Expect(o.get("panics")[0]).To(MatchError("transport: sending event panics panicked: boom"))
		g.Expect(o.get("exits")[0]).To(MatchError(ContainSubstring("ended its goroutine")))
		g.Expect(o.get("c")).To(Equal([]error{nil}))
		g.Expect(tr.Close(t.Context())).To(Succeed())
	})
	NewWithT(t).Expect(log.String()).To(And(ContainSubstring("a delivery callback panicked"), ContainSubstring("panic=callback")))
}

func TestThreadedRunsEveryCallbackOnce(t *testing.T) {
	for _, overflow := range []string{transport.DropNewest, transport.DropOldest, transport.Block} {
		t.Run(overflow, func(t *testing.T) {
			g := NewWithT(t)
			tr, err := transport.NewThreaded(instant{}, transport.ThreadedConfig{QueueSize: 3, Overflow: overflow})
			g.Expect(err).NotTo(HaveOccurred())
			var o outcomes
			var senders sync.WaitGroup
			for i := range 8 {
				senders.Go(func() {
					for j := range 200 {
						id := fmt.Sprintf("%d.%d", i, j)
						tr.SendAsync(context.Background(), body(id), o.done(id))
					}
				})
			}
			closed := make(chan error, 1)
			go func() { closed <- tr.Close(context.Background()) }()
			senders.Wait()
			g.Expect(<-closed).To(Succeed())
			g.Expect(o.len()).To(Equal(1600))
			for id, told := range o.of {
				g.Expect(told).To(HaveLen(1), id)
			}
		})
	}
}

// instant delivers at once.
type instant struct{}

func (instant) Send(context.Context, *transport.Packet) (*transport.Response, error) {
	return &transport.Response{Status: 200}, nil
}
func (instant) Close(context.Context) error { return nil }

func TestNewThreadedNeedsATransport(t *testing.T) {
	_, err := transport.NewThreaded(nil, transport.ThreadedConfig{})
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("needs a transport")))
}
