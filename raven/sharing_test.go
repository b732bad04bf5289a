package raven_test

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

// A new Context shares the data of its parent, so it costs the same for any
// amount of data.
func TestANewContextCostsTheSameWhateverItsParentHolds(t *testing.T) {
	c, _ := newRecorded(t, testDSN)
	cost := func(n int) float64 {
		parent, _ := raven.NewContext(t.Context(), c)
		for i := range n {
			c.TagsContext(parent, raven.Tags{fmt.Sprint("tag", i): "1"})
			c.ExtraContext(parent, raven.Extra{fmt.Sprint("extra", i): 1})
			raven.Record(parent, raven.Breadcrumb{Message: fmt.Sprint("crumb ", i)})
		}
		return testing.AllocsPerRun(100, func() { raven.NewContext(parent, c) })
	}
	NewWithT(t).Expect(cost(300)).To(Equal(cost(1)))
}

// Breadcrumbs that no event can have any more are freed.
func TestOldBreadcrumbsAreGivenUp(t *testing.T) {
	g := NewWithT(t)
	c, _ := newRecorded(t, testDSN)
	ctx, _ := raven.NewContext(t.Context(), c)
	var gone atomic.Int64
	const many = 1000
	for range many {
		held := new([1024]byte)
		runtime.AddCleanup(held, func(*atomic.Int64) { gone.Add(1) }, nil)
		raven.Record(ctx, raven.Breadcrumb{Message: "x", Process: func(b *raven.Breadcrumb) { b.Message = fmt.Sprint(held[0]) }})
	}
	runtime.GC()
	for range 100 {
		if gone.Load() >= many-300 {
			break
		}
		runtime.GC()
		runtime.Gosched()
	}
	g.Expect(gone.Load()).To(BeNumerically(">=", many-300))
	runtime.KeepAlive(ctx)
}
