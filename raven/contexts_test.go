package raven_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

func TestContextsOfSeveralClients(t *testing.T) {
	g := NewWithT(t)
	a, recA := newRecorded(t, testDSN)
	b, recB := newRecorded(t, testDSN, raven.WithBreadcrumbs(1))
	other, recOther := newRecorded(t, testDSN)
	ctx, rcA := raven.NewContext(t.Context(), a)
	ctx, rcB := raven.NewContext(ctx, b)
	g.Expect(raven.FromContext(ctx)).To(BeIdenticalTo(rcB))
	rcA.Merge(raven.Tags{"of": "a"})
	rcB.Merge(raven.Tags{"of": "b"})
	raven.Record(ctx, raven.Breadcrumb{Message: "first"})
	raven.Record(ctx, raven.Breadcrumb{Message: "second"})
	a.CaptureBreadcrumb(ctx, raven.Breadcrumb{Message: "a's"})
	inner, rcA2 := raven.NewContext(ctx, a)
	rcA2.Merge(raven.Tags{"of": "a2"})
	raven.Record(inner, raven.Breadcrumb{Message: "inner"})
	for _, tt := range []struct {
		ctx    context.Context
		c      *raven.Client
		rec    *recorder
		tag    any
		crumbs []string
	}{
		{ctx, a, recA, "a", []string{"first", "second", "a's"}},
		{ctx, b, recB, "b", []string{"inner"}},
		{inner, a, recA, "a2", []string{"first", "second", "a's", "inner"}},
		{inner, b, recB, "b", []string{"inner"}},
		{inner, other, recOther, nil, nil},
	} {
		ev := captured(t, tt.ctx, tt.c, tt.rec)
		g.Expect(ev.at("tags", "of")).To(equalOrNil(tt.tag))
		list, _ := ev.at("breadcrumbs", "values").([]any)
		g.Expect(messages(list)).To(Equal(tt.crumbs))
	}
}

func TestNoContext(t *testing.T) {
	g := NewWithT(t)
	g.Expect(raven.FromContext(t.Context())).To(BeNil())
	ctx, rc := raven.NewContext(t.Context(), nil)
	g.Expect(rc).To(BeNil())
	g.Expect(ctx).To(BeIdenticalTo(t.Context()))
	var client *raven.Client
	g.Expect(client.Context()).To(BeNil())
	client.TagsContext(ctx, raven.Tags{"a": "b"})
	rc.Activate()
	rc.Deactivate()
	rc.Merge(raven.Tags{"a": "b"})
	rc.Set(raven.Tags{"a": "b"})
	rc.Clear()
	g.Expect(rc.Active()).To(BeFalse())
	g.Expect(rc.Get()).To(Equal(new(raven.Event)))
	ran := false
	rc.With(ctx, func(context.Context) { ran = true })
	g.Expect(ran).To(BeTrue())

	t.Setenv("SENTRY_DSN", "")
	disabled, err := raven.New("")
	g.Expect(err).NotTo(HaveOccurred())
	ctx, rc = raven.NewContext(ctx, disabled)
	rc.Merge(raven.Tags{"a": "b"})
	raven.Record(ctx, raven.Breadcrumb{Message: "m"})
	g.Expect(rc.Get().Tags).To(Equal(raven.Tags{"a": "b"}))
	g.Expect(raven.CaptureMessage(ctx, "x")).To(BeEmpty())
}

func TestContextOfManyGoroutines(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN, raven.WithBreadcrumbs(1000))
	ctx, rc := raven.NewContext(t.Context(), c)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 50 {
				rc.Merge(raven.Tags{fmt.Sprint(n): fmt.Sprint(i)}, raven.Extra{"last": []int{n, i}})
				raven.Record(ctx, raven.Breadcrumb{Message: fmt.Sprint(n, i)})
				child, _ := raven.NewContext(ctx, c)
				c.TagsContext(child, raven.Tags{"child": fmt.Sprint(n)})
				c.CaptureMessage(child, "x")
				_ = rc.Get()
			}
		})
	}
	wg.Wait()
	ev := captured(t, ctx, c, rec)
	g.Expect(ev["tags"]).To(HaveLen(8))
	g.Expect(ev["tags"]).To(HaveEach("49"))
	g.Expect(ev.at("breadcrumbs", "values")).To(HaveLen(400))
}
