package gate_test

import (
	"errors"
	"fmt"
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
		g.Expect(pass(1)).To(Equal([]any{1, true}), "Pass returns the number of dropped events")
		th.GiveBack(1, 1)
		g.Expect(pass(1)).To(Equal([]any{1, true}), "GiveBack returned the number")
		g.Expect(pass(1)).To(Equal([]any{0, false}))
		for key := range uint64(1000) {
			th.Pass(key + 2)
		}
		g.Expect(pass(1)).To(Equal([]any{0, true}), "a thousand other keys took its place")
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
			g.Expect(b.Try()).To(BeNil(), "the pause is over")
		}
		b.Fail(90*time.Second, cause)
		failures, until, err := b.State()
		g.Expect([]any{failures, time.Until(until), err}).To(Equal([]any{8, 90 * time.Second, cause}))
		b.Fail(24*time.Hour, cause)
		g.Expect(time.Until(b.Try().Until)).To(Equal(time.Hour), "the longest pause")
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
	g.Expect(outcomes).To(Equal(map[string]string{"b": "delivered", "c": "sampled"}), "c took the place of a")
	g.Expect(forgotten).To(BeEquivalentTo(1))

	var none gate.Ledger
	none.Close(none.Open("a", ""), "delivered")
	outcomes, forgotten = none.Read()
	g.Expect(outcomes).To(BeEmpty())
	g.Expect(forgotten).To(BeEquivalentTo(1))
}
