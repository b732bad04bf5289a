package raven_test

import (
	"context"
	"errors"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

// Functions that the client calls during a capture capture again. Without a
// limit that would never end.
func TestCapturesInsideCapturesEnd(t *testing.T) {
	var c *raven.Client
	again := func(ctx context.Context) { c.CaptureMessage(ctx, "again") }
	for _, tt := range []struct {
		name string
		opts []raven.Option
		ctx  func(context.Context) context.Context
		sent int
	}{
		{name: "BeforeSend", sent: 3, opts: []raven.Option{raven.WithBeforeSend(func(ctx context.Context, ev *raven.Event) *raven.Event {
			again(ctx)
			return ev
		})}},
		{name: "a processor that knows no ctx", sent: 3, opts: []raven.Option{raven.WithProcessors(raven.ProcessorFunc(func(_ context.Context, ev *raven.Event) *raven.Event {
			again(context.Background())
			return ev
		}))}},
		{name: "OnOutcome", opts: []raven.Option{raven.WithSampleRate(0), raven.WithOnOutcome(func(raven.Outcome) { again(context.Background()) })}},
		{name: "RaiseSendErrors", sent: 3, opts: []raven.Option{raven.WithRaiseSendErrors(func(*raven.SendError) { again(context.Background()) })}},
		{name: "Lazy", sent: 3, ctx: func(ctx context.Context) context.Context {
			ctx, rc := raven.NewContext(ctx, c)
			rc.Merge(raven.Lazy(func() []raven.CaptureOption {
				again(ctx)
				return nil
			}))
			return ctx
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			rec := &recorder{}
			if tt.name == "RaiseSendErrors" {
				rec.answer = func(*transport.Packet) (*transport.Response, error) { return nil, errors.New("refused") }
			}
			made, err := raven.New(testDSN, append(tt.opts, raven.WithTransport(rec))...)
			g.Expect(err).NotTo(HaveOccurred())
			c = made
			ctx := t.Context()
			if tt.ctx != nil {
				ctx = tt.ctx(ctx)
			}
			c.CaptureMessage(ctx, "first")
			g.Expect(rec.all()).To(HaveLen(tt.sent))
			stats := c.Stats()
			g.Expect(stats.Captured).To(BeEquivalentTo(4), "three inside one another, and one that is refused")
			g.Expect(stats.Invalid).To(BeEquivalentTo(1))
			g.Expect(stats.Pending).To(BeZero())
			var lost *raven.LossError
			g.Expect(errors.As(c.Flush(ctx), &lost)).To(BeTrue())
			g.Expect(lost.Lost).To(HaveKeyWithValue(raven.OutcomeInvalid, uint64(1)), "no caller got the error")
		})
	}
}
