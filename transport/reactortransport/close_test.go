package reactortransport_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/reactortransport"
)

func undelivered(g *WithT, err error) transport.UndeliveredError {
	var u *transport.UndeliveredError
	g.ExpectWithOffset(1, errors.As(err, &u)).To(BeTrue(), "%v", err)
	return *u
}

func TestCloseGivesUpOnTime(t *testing.T) {
	cfg := reactortransport.Config{ThreadedConfig: transport.ThreadedConfig{Workers: 2, ShutdownTimeout: 3 * time.Second}}
	inBubble(t, cfg, func(t *testing.T, g *WithT, r *reactor, _ *next, o *outcomes) {
		ids := []string{"a", "b", "c", "d", "e"}
		for _, id := range ids {
			r.SendAsync(t.Context(), body(id), o.done(id))
		}
		start := time.Now()
		err := r.Close(context.Background())
		g.Expect(time.Since(start)).To(Equal(3 * time.Second))
		u := undelivered(g, err)
		g.Expect(u.Abandoned).To(Equal(5))
		g.Expect(u.Stuck).To(BeZero())
		g.Expect(err).To(MatchError(context.DeadlineExceeded))
		for _, id := range ids {
			g.Expect(o.err(id)).To(And(MatchError(transport.ErrClosed), MatchError(ContainSubstring("event "+id))))
		}
	})
}

func TestCloseReturnsTheCauseOfItsContext(t *testing.T) {
	inBubble(t, reactortransport.Config{ThreadedConfig: transport.ThreadedConfig{Workers: 1}}, func(t *testing.T, g *WithT, r *reactor, _ *next, o *outcomes) {
		r.SendAsync(t.Context(), body("busy"), nil)
		r.SendAsync(t.Context(), body("a"), o.done("a"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		g.Expect(r.Close(ctx)).To(MatchError(context.Canceled))
		g.Expect(o.err("a")).To(MatchError("transport: closed before event a was delivered: context canceled"))
	})
}

func TestCloseWithACallbackThatDoesNotReturn(t *testing.T) {
	cfg := reactortransport.Config{ThreadedConfig: transport.ThreadedConfig{Workers: 2, ShutdownTimeout: time.Second}}
	inBubble(t, cfg, func(t *testing.T, g *WithT, r *reactor, n *next, o *outcomes) {
		release := make(chan struct{})
		defer close(release)
		r.SendAsync(t.Context(), body("stuck"), func(*transport.Response, error) { <-release })
		n.allow(1)
		synctest.Wait()
		for i := range 9 {
			r.SendAsync(t.Context(), body(fmt.Sprint(i)), o.done(fmt.Sprint(i)))
		}
		r.SendAsync(t.Context(), body("stuck too"), func(*transport.Response, error) { <-release })
		start := time.Now()
		u := undelivered(g, r.Close(context.Background()))
		g.Expect(time.Since(start)).To(Equal(1200 * time.Millisecond))
		g.Expect(u.Stuck).To(Equal(2))
		g.Expect(u.Abandoned).To(Equal(10), "including the stuck one, whose callback ran")
		g.Expect(o.ids).To(HaveLen(9))
		for i := range 9 {
			g.Expect(o.err(fmt.Sprint(i))).To(MatchError(transport.ErrClosed))
		}
	})
}

func TestASendThatDoesNotReturnIsStuck(t *testing.T) {
	inBubble(t, reactortransport.Config{}, func(t *testing.T, g *WithT, r *reactor, n *next, o *outcomes) {
		n.deaf = true
		r.SendAsync(t.Context(), body("a"), o.done("a"))
		synctest.Wait()
		u := undelivered(g, r.Close(ended()))
		g.Expect(u.Stuck).To(Equal(1))
		n.allow(1)
		synctest.Wait()
		g.Expect(o.told()).To(Equal("a"), "the callback runs, even if late")
	})
}

func TestCloseInACallback(t *testing.T) {
	inBubble(t, reactortransport.Config{ThreadedConfig: transport.ThreadedConfig{Workers: 1}}, func(t *testing.T, g *WithT, r *reactor, n *next, o *outcomes) {
		closed := make(chan error, 1)
		r.SendAsync(t.Context(), body("a"), func(*transport.Response, error) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			closed <- r.Close(ctx)
		})
		r.SendAsync(t.Context(), body("b"), o.done("b"))
		n.allow(1)
		u := undelivered(g, <-closed)
		g.Expect(u.Stuck).To(Equal(1))
		g.Expect(o.err("b")).To(MatchError(transport.ErrClosed))
	})
}

func TestPacketsAfterCloseAreRefusedInTheCaller(t *testing.T) {
	inBubble(t, reactortransport.Config{}, func(t *testing.T, g *WithT, r *reactor, _ *next, o *outcomes) {
		g.Expect(r.Close(t.Context())).To(Succeed())
		r.SendAsync(t.Context(), body("late"), o.done("late"))
		g.Expect(o.err("late")).To(MatchError(transport.ErrClosed))
		_, err := r.Send(t.Context(), body("late"))
		g.Expect(err).To(MatchError(transport.ErrClosed))
		g.Expect(r.Flush(t.Context())).To(Succeed())
	})
}
