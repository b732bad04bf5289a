package raven_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

func TestLazyValuesAreAskedForAtTheCapture(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	ctx, rc := raven.NewContext(t.Context(), c)
	step, asked := "one", 0
	rc.Merge(raven.Tags{"step": "merged", "kept": "yes"}, raven.Lazy(func() []raven.CaptureOption {
		asked++
		return []raven.CaptureOption{raven.Tags{"step": step}, raven.User{ID: "7"}}
	}))
	g.Expect(asked).To(BeZero())

	ev := captured(t, ctx, c, rec)
	g.Expect(ev["tags"]).To(Equal(map[string]any{"step": "one", "kept": "yes"}))
	g.Expect(ev.at("user", "id")).To(Equal("7"))

	step = "two"
	g.Expect(captured(t, ctx, c, rec).at("tags", "step")).To(Equal("two"))
	g.Expect(captured(t, ctx, c, rec, raven.Tags{"step": "its own"}).at("tags", "step")).To(Equal("its own"))
	g.Expect(captured(t, t.Context(), c, rec)).NotTo(HaveKey("user"))
	g.Expect(asked).To(Equal(3))
	g.Expect(rc.Get().Tags).To(HaveKeyWithValue("step", "merged"), "Get shows what was merged")
}

func TestALazyValueThatPanicsSaysNothing(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	ctx, rc := raven.NewContext(t.Context(), c)
	rc.Merge(raven.Tags{"kept": "yes"}, raven.Lazy(func() []raven.CaptureOption { panic("no") }), raven.Lazy(nil))

	ev := captured(t, ctx, c, rec, raven.Lazy(func() []raven.CaptureOption { return []raven.CaptureOption{raven.LevelInfo} }))
	g.Expect(ev["tags"]).To(Equal(map[string]any{"kept": "yes"}))
	g.Expect(ev["level"]).To(Equal("info"))
}
