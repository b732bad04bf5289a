package losses_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/internal/losses"
)

func TestBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		var b losses.Burst
		_, over := b.Success()
		g.Expect(over).To(BeFalse(), "there was none")
		g.Expect(b.Lose(false)).To(BeTrue())
		time.Sleep(time.Second)
		g.Expect(b.Lose(false)).To(BeFalse())
		g.Expect(b.Burning()).To(BeTrue())
		e, over := b.Success()
		g.Expect(over).To(BeTrue())
		g.Expect(e.Lost).To(Equal(2))
		g.Expect(e.Took).To(Equal(time.Second))

		g.Expect(b.Lose(true)).To(BeTrue())
		_, over = b.Success()
		g.Expect(over).To(BeFalse(), "it is interleaved with successes")
		time.Sleep(10 * time.Second)
		_, over = b.Success()
		g.Expect(over).To(BeTrue())

		g.Expect(b.Pause(time.Now())).To(BeTrue())
		g.Expect(b.Lose(false)).To(BeFalse())
		_, over = b.Success()
		g.Expect(over).To(BeFalse(), "the transport says when an outage is over")
		e, over = b.End()
		g.Expect(over).To(BeTrue())
		g.Expect(e.Lost).To(Equal(1))
		_, over = b.End()
		g.Expect(over).To(BeFalse())
	})
}

// Of concurrent successes only one ends the burst.
func TestBurstEndsOnce(t *testing.T) {
	g := NewWithT(t)
	var b losses.Burst
	var mu sync.Mutex
	var wg sync.WaitGroup
	ended := 0
	b.Lose(false)
	for range 8 {
		wg.Go(func() {
			if _, over := b.Success(); over {
				mu.Lock()
				ended++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	g.Expect(ended).To(Equal(1))
}
