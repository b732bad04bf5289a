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
	g.Expect(rc.Get().Tags).To(HaveKeyWithValue("step", "merged"), "Get returns merged values")
}

func TestALazySampleRate(t *testing.T) {
	none := raven.Lazy(func() []raven.CaptureOption { return []raven.CaptureOption{raven.SampleRate(0)} })
	all := raven.Lazy(func() []raven.CaptureOption { return []raven.CaptureOption{raven.SampleRate(1)} })
	for _, tt := range []struct {
		name          string
		merged, given []raven.CaptureOption
		want          bool
	}{
		{"in a Context", []raven.CaptureOption{none}, nil, false},
		{"over the Context's", []raven.CaptureOption{all, raven.SampleRate(0)}, nil, true},
		{"the later in a Context", []raven.CaptureOption{none, all}, nil, true},
		{"of a capture", nil, []raven.CaptureOption{none}, false},
		{"of a capture, over the Context's", []raven.CaptureOption{none}, []raven.CaptureOption{all}, true},
		{"under a capture's", []raven.CaptureOption{none}, []raven.CaptureOption{raven.SampleRate(1)}, true},
		{"before a capture's", nil, []raven.CaptureOption{none, raven.SampleRate(1)}, true},
		{"after a capture's", nil, []raven.CaptureOption{raven.SampleRate(1), none}, false},
		{"in another one", []raven.CaptureOption{inside(none)}, nil, false},
		{"in another one of a capture", nil, []raven.CaptureOption{inside(none)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			c, rec := newRecorded(t, testDSN)
			ctx, rc := raven.NewContext(t.Context(), c)
			rc.Merge(tt.merged...)
			c.CaptureMessage(ctx, "x", tt.given...)
			g.Expect(len(rec.all()) == 1).To(Equal(tt.want))
		})
	}
}

func inside(l raven.Lazy) raven.Lazy {
	return func() []raven.CaptureOption { return []raven.CaptureOption{l} }
}

func TestALazyValueThatReturnsItselfEnds(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	ctx, rc := raven.NewContext(t.Context(), c)
	var self raven.Lazy
	self = func() []raven.CaptureOption { return []raven.CaptureOption{self, raven.LevelInfo} }
	g.Expect(captured(t, ctx, c, rec, self)["level"]).To(Equal("info"))
	rc.Merge(self)
	g.Expect(captured(t, ctx, c, rec)["level"]).To(Equal("info"))
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
