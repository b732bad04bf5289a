package raven_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

// sugar calls every function that has the name of a method of the client.
func sugar(ctx context.Context) (ids []string, errs []error) {
	id, err := raven.Deliver(ctx, &raven.Event{Message: "delivered"})
	raven.CaptureBreadcrumb(ctx, raven.Breadcrumb{Message: "crumb"})
	raven.Record(ctx, raven.Breadcrumb{Message: "recorded"})
	ids = []string{
		id,
		raven.CaptureMessage(ctx, "message"),
		raven.CaptureException(ctx, errors.New("exception")),
		raven.Capture(ctx, &raven.Event{Message: "event"}),
		raven.CaptureQuery(ctx, "query", ""),
	}
	errs = []error{err, raven.Send(ctx, &raven.Event{Message: "sent"}), raven.Flush(ctx)}
	func() {
		defer raven.Recover(ctx)
		panic("recovered")
	}()
	errs = append(errs, raven.Wrap(ctx, func(context.Context) error { return io.EOF }))
	return ids, errs
}

func TestDefault(t *testing.T) {
	g := NewWithT(t)
	g.Expect(raven.Default()).To(BeNil())
	ids, errs := sugar(t.Context())
	g.Expect(ids).To(HaveEach(""))
	g.Expect(errs).To(Equal([]error{raven.ErrDisabled, raven.ErrDisabled, nil, io.EOF}))

	c, rec := newRecorded(t, testDSN)
	raven.SetDefault(c)
	defer raven.SetDefault(nil)
	g.Expect(raven.Default()).To(BeIdenticalTo(c))
	other, recOther := newRecorded(t, testDSN)
	inside, _ := raven.NewContext(t.Context(), other)
	for _, tt := range []struct {
		ctx context.Context
		rec *recorder
	}{{t.Context(), rec}, {inside, recOther}} {
		ids, errs = sugar(tt.ctx)
		g.Expect(ids).To(HaveEach(HaveLen(32)))
		g.Expect(errs).To(Equal([]error{nil, nil, nil, io.EOF}))
		g.Expect(tt.rec.all()).To(HaveLen(8))
		last := eventOf(t, tt.rec.all()[7])
		g.Expect(last.at("exception", "values", 0, "value")).To(Equal("EOF"))
		g.Expect(messages(last.at("breadcrumbs", "values").([]any))).To(Equal([]string{"crumb", "recorded"}))
	}
	g.Expect(rec.all()).To(HaveLen(8), "nothing of the other client's")
	frames := frames(eventOf(t, rec.all()[2]))
	g.Expect(frames[len(frames)-1]["function"]).To(Equal("sugar"), "the package's function is not on the stack")
}

// run calls raven.Go and waits for its function.
func run(ctx context.Context, fn func(ctx context.Context)) {
	var wg sync.WaitGroup
	wg.Add(1)
	raven.Go(ctx, func(ctx context.Context) {
		defer wg.Done()
		fn(ctx)
	})
	wg.Wait()
}

func TestGo(t *testing.T) {
	g := NewWithT(t)
	a, recA := newRecorded(t, testDSN)
	b, recB := newRecorded(t, testDSN)
	ctx, rcA := raven.NewContext(t.Context(), a)
	ctx, rcB := raven.NewContext(ctx, b)
	rcA.Merge(raven.Tags{"parent": "a"})
	rcB.Merge(raven.Tags{"parent": "b"})
	run(ctx, func(ctx context.Context) {
		a.TagsContext(ctx, raven.Tags{"child": "a"})
		raven.CaptureMessage(ctx, "x")
		a.CaptureMessage(ctx, "x")
		raven.Record(ctx, raven.Breadcrumb{Message: "child's"})
	})
	g.Expect(only(t, recB)["tags"]).To(Equal(map[string]any{"parent": "b"}), "the latest is still the latest")
	g.Expect(only(t, recA)["tags"]).To(Equal(map[string]any{"parent": "a", "child": "a"}))
	g.Expect(captured(t, ctx, a, recA)["tags"]).To(Equal(map[string]any{"parent": "a"}))
	g.Expect(captured(t, ctx, b, recB)).NotTo(HaveKey("breadcrumbs"))
}

func TestGoContainsPanics(t *testing.T) {
	g := NewWithT(t)
	c, q := newSignalled(t)
	raven.SetDefault(c)
	defer raven.SetDefault(nil)
	c.TagsContext(t.Context(), raven.Tags{"own": "1"})
	raven.Go(t.Context(), func(ctx context.Context) {
		raven.FromContext(ctx).Merge(raven.Tags{"child": "1"})
		explode("boom")
	})
	ev := <-q
	g.Expect(ev["level"]).To(Equal("fatal"))
	g.Expect(ev["tags"]).To(Equal(map[string]any{"own": "1", "child": "1"}))
	g.Expect(ev.at("exception", "values", 0, "stacktrace", "frames", -1, "function")).To(Equal("explode"))
	g.Expect(c.Context().Get().Tags).To(Equal(raven.Tags{"own": "1"}))

	raven.SetDefault(nil)
	run(t.Context(), func(ctx context.Context) { g.Expect(raven.FromContext(ctx)).To(BeNil()) })
	run(t.Context(), func(context.Context) { panic("stopped all the same") })
}
