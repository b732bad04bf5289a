package attempt_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport/internal/attempt"
)

func TestItEndsAtItsDeadline(t *testing.T) {
	for name, ask := range map[string]func(*attempt.Context){
		"with a timer": func(c *attempt.Context) { c.Done() },
		"without one":  func(*attempt.Context) {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				c := attempt.New(t.Context(), time.Second)
				defer c.End()
				ask(c)
				deadline, ok := c.Deadline()
				g.Expect(ok).To(BeTrue())
				g.Expect(time.Until(deadline)).To(Equal(time.Second))
				time.Sleep(time.Second - 1)
				g.Expect(c.Err()).NotTo(HaveOccurred())
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				g.Expect(c.Err()).To(MatchError(context.DeadlineExceeded))
				<-c.Done()
			})
		})
	}
}

func TestItEndsWithTheLife(t *testing.T) {
	for name, ask := range map[string]func(*attempt.Context){
		"with a timer": func(c *attempt.Context) { c.Done() },
		"without one":  func(*attempt.Context) {},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			closed := errors.New("closed")
			life, end := context.WithCancelCause(t.Context())
			c := attempt.New(life, time.Hour)
			defer c.End()
			ask(c)
			end(closed)
			g.Expect(c.Err()).To(MatchError(context.Canceled))
			g.Expect(context.Cause(c)).To(MatchError(closed))
			<-c.Done()
			g.Expect(c.Life()).To(BeIdenticalTo(life))
		})
	}
}

func TestTheDeadlineOfTheLifeCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		life, end := context.WithTimeout(t.Context(), time.Second)
		defer end()
		deadline, _ := attempt.New(life, time.Hour).Deadline()
		g.Expect(time.Until(deadline)).To(Equal(time.Second))
	})
}

func TestEnd(t *testing.T) {
	g := NewWithT(t)
	before, after := attempt.New(t.Context(), time.Hour), attempt.New(t.Context(), time.Hour)
	done := before.Done()
	before.End()
	<-done
	g.Expect(before.Err()).To(MatchError(context.Canceled))
	after.End()
	g.Expect(after.Err()).To(MatchError(context.Canceled))
	<-after.Done()
}

func TestDerivedContextsNeedNoGoroutine(t *testing.T) {
	g := NewWithT(t)
	type key struct{}
	life := context.WithValue(context.Background(), key{}, 1)
	c := attempt.New(life, time.Hour)
	g.Expect(c.Value(key{})).To(Equal(1))
	before := runtime.NumGoroutine()
	for range 100 {
		derived, cancel := context.WithCancel(c)
		defer cancel()
		g.Expect(derived.Value(key{})).To(Equal(1))
	}
	g.Expect(runtime.NumGoroutine() - before).To(BeNumerically("<", 50))
	derived, cancel := context.WithCancel(c)
	defer cancel()
	c.End()
	<-derived.Done()
}
