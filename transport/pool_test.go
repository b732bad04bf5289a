package transport_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

func inPool(t *testing.T, size int, fn func(t *testing.T, g *WithT, tr *transport.Pool, n *next, o *outcomes)) {
	bubble(t, func(n transport.Transport) (*transport.Pool, error) {
		return transport.NewPool(n, transport.PoolConfig{Size: size, Logger: quiet})
	}, fn)
}

func TestPoolLetsCallersWaitAtItsSize(t *testing.T) {
	inPool(t, 2, func(t *testing.T, g *WithT, tr *transport.Pool, n *next, o *outcomes) {
		tr.SendAsync(t.Context(), body("a"), o.done("a"))
		tr.SendAsync(t.Context(), body("b"), o.done("b"))
		admitted := make(chan struct{})
		go func() {
			tr.SendAsync(context.Background(), body("c"), o.done("c"))
			close(admitted)
		}()
		synctest.Wait()
		g.Expect(n.ids()).To(Or(Equal("a b"), Equal("b a")), "both at once, no third")
		g.Expect(admitted).NotTo(BeClosed())
		n.allow(1)
		<-admitted
		n.allow(2)
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		g.Expect(o.len()).To(Equal(3))
	})
}

func TestPoolWaitsNoLongerThanTheCallersContext(t *testing.T) {
	inPool(t, 1, func(t *testing.T, g *WithT, tr *transport.Pool, n *next, o *outcomes) {
		tr.SendAsync(t.Context(), body("a"), nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		tr.SendAsync(ctx, body("b"), o.done("b"))
		g.Expect(time.Since(start)).To(Equal(time.Second))
		g.Expect(o.get("b")).To(HaveLen(1))
		g.Expect(o.get("b")[0]).To(And(MatchError(transport.ErrQueueFull), MatchError(context.DeadlineExceeded), MatchError(ContainSubstring("pool_size"))))
		n.allow(1)
	})
}

func TestPoolFreesTheSlotBeforeTheCallback(t *testing.T) {
	inPool(t, 1, func(t *testing.T, g *WithT, tr *transport.Pool, n *next, o *outcomes) {
		tr.SendAsync(t.Context(), body("a"), func(*transport.Response, error) {
			tr.SendAsync(context.Background(), body("from the callback"), o.done("b"))
		})
		n.allow(2)
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		g.Expect(o.get("b")).To(Equal([]error{nil}))
	})
}

func TestPoolTakesPacketsOfContextsThatHaveEnded(t *testing.T) {
	inPool(t, 1, func(t *testing.T, g *WithT, tr *transport.Pool, n *next, o *outcomes) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		tr.SendAsync(ctx, body("a"), o.done("a"))
		n.allow(1)
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		g.Expect(o.get("a")).To(Equal([]error{nil}))
	})
}

func TestPoolCloseWakesThoseWhoWait(t *testing.T) {
	inPool(t, 1, func(t *testing.T, g *WithT, tr *transport.Pool, n *next, o *outcomes) {
		tr.SendAsync(t.Context(), body("a"), o.done("a"))
		go tr.SendAsync(context.Background(), body("b"), o.done("b"))
		synctest.Wait()
		var undelivered *transport.UndeliveredError
		g.Expect(errors.As(tr.Close(t.Context()), &undelivered)).To(BeTrue())
		g.Expect(undelivered.Abandoned).To(Equal(2))
		g.Expect(o.get("b")[0]).To(MatchError(transport.ErrClosed))
		g.Expect(o.get("a")[0]).To(MatchError(transport.ErrClosed))
	})
}

func TestPoolSizeByItsNameInRavenForPython(t *testing.T) {
	open(t, "gevent+http://k@localhost/1?maximum_outstanding_requests=3", transport.Env{})
	err := openError(t, "gevent+http://k@localhost/1?maximum_outstanding_requests=0", transport.Env{})
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring(`option maximum_outstanding_requests="0": want a whole number, at least 1`)))
}

func TestSpawnNeverWaits(t *testing.T) {
	bubble(t, func(n transport.Transport) (*transport.Spawn, error) {
		return transport.NewSpawn(n, transport.SpawnConfig{Logger: quiet})
	}, func(t *testing.T, g *WithT, tr *transport.Spawn, n *next, o *outcomes) {
		for range 1000 {
			tr.SendAsync(t.Context(), body("x"), o.done("x"))
		}
		synctest.Wait()
		n.mu.Lock()
		g.Expect(n.got).To(HaveLen(1000), "all of them at once")
		n.mu.Unlock()
		n.permits <- errors.New("lost")
		go n.allow(999)
		g.Expect(tr.Flush(t.Context())).To(Succeed(), "a failure is an outcome, too")
		g.Expect(o.len()).To(Equal(1000))
		g.Expect(tr.Close(t.Context())).To(Succeed())
	})
}

func TestSpawnCloseCountsAllPackets(t *testing.T) {
	bubble(t, func(n transport.Transport) (*transport.Spawn, error) {
		return transport.NewSpawn(n, transport.SpawnConfig{ShutdownTimeout: time.Second, Logger: quiet})
	}, func(t *testing.T, g *WithT, tr *transport.Spawn, n *next, o *outcomes) {
		for range 20 {
			tr.SendAsync(t.Context(), body("x"), o.done("x"))
		}
		n.allow(5)
		start := time.Now()
		var undelivered *transport.UndeliveredError
		g.Expect(errors.As(tr.Close(t.Context()), &undelivered)).To(BeTrue())
		g.Expect(time.Since(start)).To(Equal(time.Second))
		g.Expect(undelivered.Abandoned).To(Equal(15))
		g.Expect(o.len()).To(Equal(20))
	})
}
