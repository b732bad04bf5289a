package raven_test

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

//go:noinline
func callers(pcs []uintptr) int { return runtime.Callers(1, pcs) }

type machine struct{ c *raven.Client }

//go:noinline
func (m *machine) run(t *testing.T) { m.c.CaptureException(t.Context(), errors.New("x")) }

//go:noinline
func generic[T any](v T, fn func(T)) { fn(v) }

func frames(ev object) []object {
	list, _ := ev.at("exception", "values", -1, "stacktrace", "frames").([]any)
	out := make([]object, len(list))
	for i, f := range list {
		out[i] = f.(map[string]any)
	}
	return out
}

func TestFrames(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	m := &machine{c}
	generic(t, func(t *testing.T) { m.run(t) })
	list := frames(only(t, rec))
	slices.Reverse(list)

	var names []any
	for _, f := range list {
		names = append(names, f["function"])
	}
	g.Expect(names).To(Equal([]any{"(*machine).run", "TestFrames.func1", "generic", "TestFrames", "tRunner"}))
	g.Expect(list[0]["module"]).To(Equal("github.com/ravenkit/ravenkit/raven_test"))
	g.Expect(list[0]["filename"]).To(Equal("github.com/ravenkit/ravenkit/raven_test/stacktrace_test.go"))
	g.Expect(list[0]["abs_path"]).To(HaveSuffix("raven/stacktrace_test.go"))
	g.Expect(list[0]["lineno"]).To(BeNumerically(">", 10))
	g.Expect(list[0]["in_app"]).To(BeTrue())
	g.Expect(list[4]["module"]).To(Equal("testing"))
	g.Expect(list[4]["filename"]).To(Equal("testing/testing.go"))
	g.Expect(list[4]["in_app"]).To(BeFalse())
}

func TestInApp(t *testing.T) {
	for _, tt := range []struct {
		name     string
		opt      raven.Option
		own, std bool
	}{
		{"default", nil, true, false},
		{"include", raven.WithInApp([]string{"testing"}), true, true},
		{"exclude", raven.WithInApp(nil, "github.com/ravenkit"), false, false},
		{"exclude wins", raven.WithInApp([]string{"testing", "github.com/ravenkit/ravenkit"}, "github.com/ravenkit/ravenkit/raven_test"), false, true},
		{"whole path elements", raven.WithInApp([]string{"test"}, "github.com/raven"), true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			c, rec := newRecorded(t, testDSN, tt.opt)
			c.CaptureException(t.Context(), errors.New("x"))
			list := frames(only(t, rec))
			g.Expect(list[len(list)-1]["in_app"]).To(Equal(tt.own))
			g.Expect(list[0]["in_app"]).To(Equal(tt.std))
		})
	}
}

func TestDeepStack(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	deep(500, func() { c.CaptureException(t.Context(), errors.New("x")) })
	list := frames(only(t, rec))
	g.Expect(len(list)).To(And(BeNumerically(">", 100), BeNumerically("<=", 128)))
	g.Expect(list[len(list)-1]["function"]).To(Equal("TestDeepStack.func1"), "the innermost calls are kept")
}

func TestStackOption(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	c.CaptureMessage(t.Context(), "without")
	c.CaptureMessage(t.Context(), "with", raven.Stack(true))
	g.Expect(eventOf(t, rec.all()[0])).NotTo(HaveKey("stacktrace"))
	g.Expect(eventOf(t, rec.all()[1]).at("stacktrace", "frames", -1, "function")).To(Equal("TestStackOption"))
}

func TestGivenFrames(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	c.Capture(t.Context(), &raven.Event{Exceptions: []raven.Exception{{
		Type: "Oops", Value: "x",
		Stacktrace: &raven.Stacktrace{Frames: []raven.Frame{{
			Function: "f", Filename: "a.go", Lineno: 3, InApp: true,
			PreContext: []string{"{"}, ContextLine: "boom()", PostContext: []string{"}"},
			Vars: map[string]any{"n": 1, "s": strings.Repeat("x", 500)},
		}}},
		Mechanism: &raven.Mechanism{Description: "d", HelpLink: "h", Synthetic: true, Data: map[string]any{"k": 1}},
	}}})
	x := only(t, rec).at("exception", "values", 0).(map[string]any)
	g.Expect(x["mechanism"]).To(Equal(map[string]any{"type": "generic", "description": "d", "help_link": "h", "synthetic": true, "data": map[string]any{"k": 1.0}}))
	g.Expect(object(x).at("stacktrace", "frames", 0)).To(Equal(map[string]any{
		"function": "f", "filename": "a.go", "lineno": 3.0, "in_app": true,
		"pre_context": []any{"{"}, "context_line": "boom()", "post_context": []any{"}"},
		"vars": map[string]any{"n": 1.0, "s": strings.Repeat("x", 400)},
	}))
}
