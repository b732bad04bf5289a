package raven_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

// sourceOf captures where all tests do, and returns the frame.
func sourceOf(t *testing.T, opts ...raven.Option) object {
	t.Helper()
	c, rec := newRecorded(t, testDSN, opts...)
	c.CaptureException(t.Context(), errors.New("the line itself"))
	return frames(only(t, rec))[len(frames(only(t, rec)))-1]
}

func TestSourceContext(t *testing.T) {
	g := NewWithT(t)
	f := sourceOf(t)
	g.Expect(f["context_line"]).To(Equal("\tc.CaptureException(t.Context(), errors.New(\"the line itself\"))"))
	g.Expect(f["pre_context"]).To(HaveLen(5))
	g.Expect(f.at("pre_context", 4)).To(ContainSubstring("newRecorded"))
	g.Expect(f["post_context"]).To(HaveLen(5))
	g.Expect(f.at("post_context", 1)).To(Equal("}"))

	f = sourceOf(t, raven.WithSourceContext(1, 0))
	g.Expect([]any{f["pre_context"], f["post_context"]}).To(HaveEach(HaveLen(1)))
	for name, f := range map[string]object{
		"switched off":      sourceOf(t, raven.WithSourceContext(0, 0)),
		"not the program's": sourceOf(t, raven.WithInApp(nil, "github.com/ravenkit")),
	} {
		g.Expect(f).NotTo(HaveKey("context_line"), name)
		g.Expect(f).NotTo(HaveKey("pre_context"), name)
	}
}

func TestSourceContextRefusals(t *testing.T) {
	for _, tt := range []struct {
		lines, rate int
		text        string
	}{
		{-1, 0, "raven: WithSourceContext(-1, 0): the number of lines must be from 0 to 20"},
		{21, 0, "raven: WithSourceContext(21, 0): the number of lines must be from 0 to 20"},
		{5, -1, "raven: WithSourceContext(5, -1): the number of events is negative"},
	} {
		_, err := raven.New(testDSN, raven.WithSourceContext(tt.lines, tt.rate))
		NewWithT(t).Expect(err).To(MatchError(tt.text))
	}
}

func TestSourceOfLibrariesIsNotSent(t *testing.T) {
	c, rec := newRecorded(t, testDSN)
	c.CaptureException(t.Context(), errors.New("x"))
	outermost := frames(only(t, rec))[0]
	NewWithT(t).Expect(outermost["module"]).To(Equal("testing"))
	NewWithT(t).Expect(outermost).NotTo(HaveKey("context_line"))
}

// A recursion shows a line once. In a deep stack only some frames have lines.
func TestSourceOfDeepStacks(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	deep(20, func() { c.CaptureException(t.Context(), errors.New("x")) })
	recursive := 0
	for _, f := range frames(only(t, rec)) {
		if f["function"] == "deep" && f["context_line"] != nil {
			recursive++
		}
	}
	g.Expect(recursive).To(Equal(2), "the call of itself and the call of fn")

	rec.packets = nil
	pingPong(40, func() { c.CaptureException(t.Context(), errors.New("x")) })
	with := 0
	for _, f := range frames(only(t, rec)) {
		if f["context_line"] != nil {
			with++
		}
	}
	g.Expect(with).To(Equal(16))
}

//go:noinline
func pingPong(n int, fn func()) {
	if n > 0 {
		pong(n-1, fn)
		return
	}
	fn()
}

//go:noinline
func pong(n int, fn func()) { pingPong(n, fn) }

// Not all of many equal events have source lines.
func TestSourceInFloods(t *testing.T) {
	flood := func(opts ...raven.Option) (with []bool) {
		synctest.Test(t, func(t *testing.T) {
			rec := new(recorder)
			c := newOver(t, rec, testDSN, opts...)
			for i := range 40 {
				if i == 20 {
					time.Sleep(time.Second)
				}
				c.CaptureException(context.Background(), errors.New("x"))
			}
			for _, p := range rec.all() {
				list := frames(eventOf(t, p))
				with = append(with, list[len(list)-1]["context_line"] != nil)
			}
		})
		return with
	}
	g := NewWithT(t)
	first := func(n int) []bool {
		want := make([]bool, 40)
		for i := range n {
			want[i], want[20+i] = true, true
		}
		return want
	}
	g.Expect(flood()).To(Equal(first(10)))
	g.Expect(flood(raven.WithSourceContext(5, 3))).To(Equal(first(3)))
	g.Expect(flood(raven.WithSourceContext(5, 0))).To(Equal(first(20)))
}
