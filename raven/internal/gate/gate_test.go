package gate_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven/internal/gate"
)

func ExampleThrottle() {
	t := gate.NewThrottle(1, time.Hour)
	fmt.Println(t.Pass(7))
	fmt.Println(t.Pass(7))
	fmt.Println(t.Pass(8))
	// Output:
	// 0 true
	// 0 false
	// 0 true
}

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		th := gate.NewThrottle(2, time.Minute)
		pass := func(key uint64) []any { n, ok := th.Pass(key); return []any{n, ok} }
		g.Expect(pass(1)).To(Equal([]any{0, true}))
		g.Expect(pass(1)).To(Equal([]any{0, true}))
		g.Expect(pass(1)).To(Equal([]any{0, false}))
		time.Sleep(time.Minute)
		g.Expect(pass(1)).To(Equal([]any{1, true}), "it says how many were held back")
		th.GiveBack(1, 1)
		g.Expect(pass(1)).To(Equal([]any{1, true}), "what was not told is told again")
		g.Expect(pass(1)).To(Equal([]any{0, false}))
		for key := range uint64(1000) {
			th.Pass(key + 2)
		}
		g.Expect(pass(1)).To(Equal([]any{0, true}), "a thousand others have displaced it")
	})
}

func TestRate(t *testing.T) {
	g := NewWithT(t)
	g.Expect(gate.NewRate(0)).To(BeNil())
	r, now := gate.NewRate(2), time.Unix(1000, 0)
	g.Expect(r.Allow(1, now)).To(BeTrue())
	g.Expect(r.Allow(1, now)).To(BeTrue())
	g.Expect(r.Allow(1, now)).To(BeFalse())
	g.Expect(r.Allow(2, now)).To(BeTrue(), "another key")
	g.Expect(r.Allow(1, now.Add(time.Second))).To(BeTrue(), "another second")
}

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		var b gate.Backoff
		cause := errors.New("refused")
		g.Expect(b.Try()).To(BeNil())
		for _, seconds := range []int{1, 4, 9, 16, 25, 36, 36} {
			b.Fail(0, cause)
			why := b.Try()
			g.Expect(why).To(MatchError(cause))
			g.Expect(time.Until(why.Until)).To(Equal(time.Duration(seconds) * time.Second))
			time.Sleep(time.Until(why.Until) + 1)
			g.Expect(b.Try()).To(BeNil(), "then one may try")
		}
		b.Fail(90*time.Second, cause)
		failures, until, err := b.State()
		g.Expect([]any{failures, time.Until(until), err}).To(Equal([]any{8, 90 * time.Second, cause}))
		b.Fail(24*time.Hour, cause)
		g.Expect(time.Until(b.Try().Until)).To(Equal(time.Hour), "no server is believed for longer")
		b.Succeed()
		g.Expect(b.Try()).To(BeNil())
		failures, until, err = b.State()
		g.Expect([]any{failures, until, err}).To(Equal([]any{0, time.Time{}, error(nil)}))
	})
}

func TestLedger(t *testing.T) {
	g := NewWithT(t)
	l := gate.Ledger{Size: 2}
	a, b := l.Open("a", ""), l.Open("b", "")
	l.Close(b, "delivered")
	outcomes, forgotten := l.Read()
	g.Expect(outcomes).To(Equal(map[string]string{"a": gate.Pending, "b": "delivered"}))
	g.Expect(forgotten).To(BeZero())
	l.Open("c", "sampled")
	l.Close(a, "network")
	outcomes, forgotten = l.Read()
	g.Expect(outcomes).To(Equal(map[string]string{"b": "delivered", "c": "sampled"}), "a has given way to c")
	g.Expect(forgotten).To(BeEquivalentTo(1))

	var none gate.Ledger
	none.Close(none.Open("a", ""), "delivered")
	outcomes, forgotten = none.Read()
	g.Expect(outcomes).To(BeEmpty())
	g.Expect(forgotten).To(BeEquivalentTo(1))
}

func TestBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		var b gate.Burst
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

// A burst ends once, whoever says so.
func TestBurstEndsOnce(t *testing.T) {
	g := NewWithT(t)
	var b gate.Burst
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
