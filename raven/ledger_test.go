package raven_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

func TestLedgerForgets(t *testing.T) {
	for _, tt := range []struct{ size, captured, kept, forgotten int }{
		{3, 0, 0, 0},
		{3, 2, 2, 0},
		{3, 3, 3, 0},
		{3, 8, 3, 5},
		{1, 2, 1, 1},
		{0, 0, 0, 0},
		{0, 5, 0, 5},
	} {
		t.Run(fmt.Sprint(tt), func(t *testing.T) {
			g := NewWithT(t)
			c, _ := newRecorded(t, testDSN, raven.WithLedger(tt.size))
			var ids []string
			for range tt.captured {
				ids = append(ids, c.CaptureMessage(t.Context(), "x"))
			}
			want := map[string]string{}
			for _, id := range ids[tt.captured-tt.kept:] {
				want[id] = "delivered"
			}
			outcomes, forgotten := c.Ledger()
			g.Expect(outcomes).To(Equal(want))
			g.Expect(forgotten).To(Equal(uint64(tt.forgotten)))
		})
	}
	_, err := raven.New(testDSN, raven.WithLedger(-1))
	NewWithT(t).Expect(err).To(MatchError("raven: WithLedger(-1): the number is negative"))
}

func TestLedgerDefault(t *testing.T) {
	g := NewWithT(t)
	c, _ := newRecorded(t, testDSN)
	for range 1003 {
		c.CaptureMessage(t.Context(), "x")
	}
	outcomes, forgotten := c.Ledger()
	g.Expect(outcomes).To(HaveLen(1000))
	g.Expect(forgotten).To(Equal(uint64(3)))
}

func TestLedgerAndLateOutcomes(t *testing.T) {
	g := NewWithT(t)
	q := &queue{recorder: recorder{answer: answerWith("", &transport.APIError{Status: 400, Message: strings.Repeat("é", 500)})}}
	c := newOver(t, q, testDSN, quiet, raven.WithLedger(2))
	first := c.CaptureMessage(t.Context(), "x")
	second := c.CaptureMessage(t.Context(), "x")
	g.Expect(ledgerOf(c)).To(Equal(map[string]string{first: "pending", second: "pending"}))
	third := c.CaptureMessage(t.Context(), "x")
	q.pending[0]()
	q.pending = q.pending[1:]
	g.Expect(ledgerOf(c)).To(Equal(map[string]string{second: "pending", third: "pending"}), "the outcome of a forgotten event changes nothing")
	g.Expect(c.Flush(t.Context())).NotTo(Succeed())
	outcomes := ledgerOf(c)
	g.Expect(outcomes).To(And(HaveLen(2), HaveKey(second), HaveKey(third)))
	g.Expect([]rune(outcomes[third])).To(HaveLen(len("rejected: ")+200), "details are bounded")
	g.Expect(outcomes[third]).To(HaveSuffix("éé…"), "long details end in three dots")

	same := "0123456789abcdef0123456789abcdef"
	c.Capture(t.Context(), &raven.Event{EventID: same})
	c.Capture(t.Context(), &raven.Event{EventID: same}, raven.SampleRate(0))
	g.Expect(ledgerOf(c)).To(Equal(map[string]string{same: "sampled"}), "of two with one id the later counts")
}
