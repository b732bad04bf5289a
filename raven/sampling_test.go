package raven_test

import (
	"fmt"
	"math"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

func TestSampling(t *testing.T) {
	none, all := raven.WithSampleRate(0), raven.WithSampleRate(1)
	for _, tt := range []struct {
		name string
		opts []raven.Option
		call []raven.CaptureOption
		want bool
	}{
		{"by default", nil, nil, true},
		{"none", []raven.Option{none}, nil, false},
		{"all", []raven.Option{none, all}, nil, true},
		{"this one not", []raven.Option{all}, []raven.CaptureOption{raven.SampleRate(0)}, false},
		{"this one all the same", []raven.Option{none}, []raven.CaptureOption{nil, raven.SampleRate(1)}, true},
		{"the later wins", nil, []raven.CaptureOption{raven.SampleRate(1), raven.SampleRate(0)}, false},
		{"too much", []raven.Option{none}, []raven.CaptureOption{raven.SampleRate(7)}, true},
		{"too little", nil, []raven.CaptureOption{raven.SampleRate(-1)}, false},
		{"no number", nil, []raven.CaptureOption{raven.SampleRate(math.NaN())}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			c, rec := newRecorded(t, testDSN, tt.opts...)
			own := "0123456789ABCDEF0123456789abcdef"
			id := c.Capture(t.Context(), &raven.Event{Message: "x", EventID: own}, tt.call...)
			g.Expect(id).To(Equal("0123456789abcdef0123456789abcdef"), "it has one in any case")
			g.Expect(c.LastEventID()).To(Equal(id))
			g.Expect(len(rec.all()) == 1).To(Equal(tt.want))
		})
	}
}

func TestSamplingInAContext(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	ctx, rc := raven.NewContext(t.Context(), c)
	rc.Merge(raven.SampleRate(0))
	rc.Merge(raven.Tags{"a": "b"}) // does not change the rate
	c.CaptureMessage(ctx, "x")
	g.Expect(rec.all()).To(BeEmpty())
	c.CaptureMessage(ctx, "x", raven.SampleRate(1))
	c.CaptureMessage(t.Context(), "outside")
	g.Expect(rec.all()).To(HaveLen(2))
}

func TestSamplingLeavesSomeOut(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN, raven.WithSampleRate(0.5))
	for range 1000 { // all are equal once in 2^999 times
		c.CaptureMessage(t.Context(), "x")
	}
	sent := uint64(len(rec.all()))
	g.Expect(sent).To(And(BeNumerically(">", 0), BeNumerically("<", 1000)))
	g.Expect(c.Stats()).To(Equal(raven.Stats{Captured: 1000, Delivered: sent, Sampled: 1000 - sent}))
}

func TestBadSampleRates(t *testing.T) {
	for _, rate := range []float64{-0.1, 1.1, math.NaN(), math.Inf(1)} {
		_, err := raven.New(testDSN, raven.WithSampleRate(rate))
		NewWithT(t).Expect(err).To(MatchError(fmt.Sprintf("raven: WithSampleRate(%v): want a number from 0 (nothing) to 1 (everything)", rate)))
	}
}
