package raven_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

// block is half a megabyte, in entries that no limit shortens.
func block() map[string]any { return map[string]any{"block": strings.Repeat("b", 500_000)} }

func framesOf(n int, vars map[string]any) []raven.Frame {
	frames := make([]raven.Frame, n)
	for i := range frames {
		frames[i] = raven.Frame{Function: fmt.Sprint("f", i), PreContext: []string{"before"}, ContextLine: "line", PostContext: []string{"after"}, Vars: vars}
	}
	return frames
}

func TestTrimming(t *testing.T) {
	huge := strings.Repeat("h", 1_100_000)
	for _, tt := range []struct {
		name    string
		event   raven.Event
		trimmed []any
		check   func(g *WithT, ev object)
	}{
		{
			"breadcrumb data goes first",
			raven.Event{
				Breadcrumbs: []raven.Breadcrumb{{Message: "a", Data: block()}, {Message: "b", Data: block()}},
				Contexts:    raven.Contexts{"own": map[string]any{"a": 1}},
			},
			[]any{"breadcrumbs.data"},
			func(g *WithT, ev object) {
				g.Expect(ev.at("breadcrumbs", "values", 1)).To(And(HaveKeyWithValue("message", "b"), Not(HaveKey("data"))))
				g.Expect(ev.at("contexts", "own", "a")).To(Equal(1.0))
			},
		},
		{
			"then extra, the largest first",
			raven.Event{
				Breadcrumbs: []raven.Breadcrumb{{Message: "a", Data: block()}},
				Extra:       wide(700_000, 600_000),
			},
			[]any{"breadcrumbs.data", "extra"},
			func(g *WithT, ev object) {
				g.Expect(ev.at("extra", "small")).To(Equal("s"))
				g.Expect(ev.at("extra", "w600000")).To(HaveLen(50))
				g.Expect(ev.at("extra", "w700000")).To(HaveKeyWithValue("left_out_bytes", BeNumerically("~", 700_000, 10_000)))
			},
		},
		{
			"then the frames' source and variables",
			raven.Event{Exceptions: []raven.Exception{{Type: "E", Stacktrace: &raven.Stacktrace{Frames: framesOf(20, wide(60_000))}}}},
			[]any{"frames.context"},
			func(g *WithT, ev object) {
				g.Expect(ev.at("exception", "values", 0, "stacktrace", "frames")).To(And(HaveLen(20), HaveEach(And(HaveKey("function"), Not(HaveKey("vars")), Not(HaveKey("pre_context"))))))
			},
		},
		{
			"then middle frames",
			raven.Event{Stacktrace: &raven.Stacktrace{Frames: framesOf(40_000, nil)}},
			[]any{"frames.context", "frames"},
			func(g *WithT, ev object) {
				frames := ev.at("stacktrace", "frames").([]any)
				g.Expect(frames).To(HaveLen(50))
				g.Expect(frames[24]).To(HaveKeyWithValue("function", "f24"))
				g.Expect(frames[25]).To(HaveKeyWithValue("function", "f39975"))
			},
		},
		{
			"then the oldest breadcrumbs",
			raven.Event{Breadcrumbs: slices.Repeat([]raven.Breadcrumb{{Message: strings.Repeat("m", 1000)}}, 2000)},
			[]any{"breadcrumbs"},
			func(g *WithT, ev object) {
				g.Expect(len(ev.at("breadcrumbs", "values").([]any))).To(And(BeNumerically(">", 900), BeNumerically("<", 1000)))
			},
		},
		{
			"then request data and contexts",
			raven.Event{
				Request:  &raven.Request{Method: "POST", Data: strings.Repeat("d", 600_000)},
				Contexts: raven.Contexts{"own": block(), "other": block(), "third": block()},
			},
			[]any{"request.data", "contexts"},
			func(g *WithT, ev object) {
				g.Expect(ev.at("request")).To(Equal(map[string]any{"method": "POST"}))
				g.Expect(ev.at("contexts", "own")).To(HaveKey("left_out_bytes"))
				g.Expect(ev.at("contexts", "third", "block")).To(HaveLen(500_000))
			},
		},
		{
			"then everything else, and texts last",
			raven.Event{
				Message: huge + " %s", Params: raven.Params{"p"}, User: &raven.User{ID: "u", Data: map[string]any{"a": huge}},
				Exceptions: []raven.Exception{{Type: "E", Value: "ä" + huge}}, Tags: raven.Tags{"t": "kept"}, Interfaces: map[string]any{"a.b": huge},
			},
			[]any{"interfaces", "params", "user.data", "modules", "text"},
			func(g *WithT, ev object) {
				g.Expect(cmp.Or(ev.at("logentry", "formatted"), ev["message"])).To(HaveLen(100_000))
				g.Expect(ev.at("exception", "values", 0, "value")).To(And(HaveLen(100_000), HaveSuffix("h...")))
				g.Expect(ev.at("user", "id")).To(Equal("u"))
				g.Expect(ev.at("tags", "t")).To(Equal("kept"))
			},
		},
		{
			"texts that escapes make longer, and too many exceptions",
			raven.Event{Exceptions: slices.Repeat([]raven.Exception{{Type: "E", Value: strings.Repeat("\x01", 20_000)}}, 300)},
			[]any{"modules", "text"},
			func(g *WithT, ev object) {
				g.Expect(ev.at("exception", "values")).To(HaveLen(100))
				g.Expect(ev.at("exception", "values", 0, "value")).To(HaveLen(1000))
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			for _, dsn := range []string{testDSN, storeDSN} {
				c, rec := newRecorded(t, dsn)
				tt.event.Tags = tags(tt.event.Tags)
				id := c.Capture(t.Context(), &tt.event)
				ev := only(t, rec)
				g.Expect(ev["event_id"]).To(Equal(id))
				g.Expect(len(rec.all()[0].Body)).To(BeNumerically("<", 1_000_400))
				g.Expect(ev.at("contexts", "raven", "trimmed")).To(Equal(tt.trimmed))
				g.Expect(ev.at("contexts", "raven", "size")).To(BeNumerically(">", 1_000_000))
				if dsn == testDSN {
					g.Expect(ev.at("contexts", "os")).NotTo(BeNil())
				}
				tt.check(g, ev)
			}
		})
	}
}

func tags(t raven.Tags) raven.Tags {
	if t == nil {
		return raven.Tags{"t": "kept"}
	}
	return t
}

// wide returns extra whose values are so many bytes under the limits of extra.
func wide(sizes ...int) map[string]any {
	extra := map[string]any{"small": "s"}
	for _, n := range sizes {
		list := make([]any, 50)
		for i := range list {
			inner := make([]string, 50)
			for j := range inner {
				inner[j] = strings.Repeat("x", n/2500-3)
			}
			list[i] = inner
		}
		extra[fmt.Sprint("w", n)] = list
	}
	return extra
}

func TestTrimmingRecordedBreadcrumbs(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	for i := range 3 {
		c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: fmt.Sprint(i), Data: block()})
	}
	c.CaptureMessage(t.Context(), "x")
	ev := only(t, rec)
	g.Expect(ev.at("contexts", "raven", "trimmed")).To(Equal([]any{"breadcrumbs.data"}))
	g.Expect(messages(ev.at("breadcrumbs", "values").([]any))).To(Equal([]string{"0", "1", "2"}))
}

func TestTrimmingKeepsTheCallersEvent(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	extra := raven.Extra(wide(1_100_000))
	frames := framesOf(60, map[string]any{"a": 1})
	c.Capture(t.Context(), &raven.Event{Extra: extra, Stacktrace: &raven.Stacktrace{Frames: frames}})
	g.Expect(only(t, rec).at("contexts", "raven", "trimmed")).To(Equal([]any{"extra"}))
	g.Expect(extra["w1100000"]).To(HaveLen(50))
	g.Expect(frames[0].Vars).To(HaveLen(1))
}

func TestTooLarge(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	_, err := c.Deliver(t.Context(), &raven.Event{EventID: strings.Repeat("ab", 16), Fingerprint: slices.Repeat(raven.Fingerprint{"x"}, 600_000)})
	var tooLarge *raven.TooLargeError
	g.Expect(errors.As(err, &tooLarge)).To(BeTrue())
	g.Expect(tooLarge.Limit).To(Equal(1_000_000))
	g.Expect(err).To(MatchError(MatchRegexp(`^raven: event (ab){16} was dropped: the event has 2400\d{3} bytes even without extra, contexts, breadcrumbs and most of its frames; Sentry takes 1000000: give it less text and fewer exceptions$`)))
	g.Expect(c.Stats().Of(raven.OutcomeTooLarge)).To(BeEquivalentTo(1))
	g.Expect(rec.all()).To(BeEmpty())
}

func TestTooLargeIsRaised(t *testing.T) {
	g := NewWithT(t)
	var raised []*raven.SendError
	c, _ := newRecorded(t, testDSN, raven.WithRaiseSendErrors(func(err *raven.SendError) { raised = append(raised, err) }))
	g.Expect(c.CaptureMessage(t.Context(), "x", slices.Repeat(raven.Fingerprint{"x"}, 600_000))).To(BeEmpty())
	g.Expect(raised).To(HaveLen(1))
	g.Expect(raised[0].EventID).To(HaveLen(32))
	g.Expect(raised[0]).To(MatchError(ContainSubstring("Sentry takes 1000000")))
}

// A cut text must not show a part of a masked text.
func TestTrimmedTextsAreSanitized(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	url := "https://u:" + strings.Repeat("hush", 50_000) + "@h "
	c.CaptureMessage(t.Context(), url+strings.Repeat("y", 1_100_000))
	g.Expect(string(rec.all()[0].Body)).NotTo(ContainSubstring("hush"))
}

func TestLimits(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN, raven.WithLimits(raven.Limits{StringLength: 5, Depth: 2}))
	v := map[string]any{"text": "password=abc", "list": make([]int, 60), "deep": map[string]any{"deeper": map[string]any{"a": []int{1}}}}
	c.CaptureMessage(t.Context(), "a message", raven.Extra(v), raven.Params{"abcdefgh"}, raven.Contexts{"own": map[string]any{"s": "abcdefgh"}})
	ev := only(t, rec)
	g.Expect(ev.at("extra", "text")).To(Equal("passw"))
	g.Expect(ev.at("extra", "list")).To(HaveLen(50))
	g.Expect(ev.at("extra", "deep")).To(Equal(map[string]any{"deepe": map[string]any{"a": "[]int"}}))
	g.Expect(ev.at("logentry", "params", 0)).To(Equal("abcde"))
	g.Expect(ev.at("logentry", "message")).To(Equal("a message"))
	g.Expect(ev.at("contexts", "own", "s")).To(Equal("abcdefgh"))

	c, rec = newRecorded(t, testDSN, raven.WithLimits(raven.Limits{ListLength: 60}))
	c.CaptureMessage(t.Context(), "x", raven.Extra(v))
	g.Expect(only(t, rec).at("extra", "list")).To(HaveLen(60))
}

func TestTagsThatSentryWouldDrop(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	c.CaptureMessage(t.Context(), "x", raven.Tags{"long": strings.Repeat("ä", 300), "lines": "a\nb"})
	ev := only(t, rec)
	g.Expect(ev.at("tags", "long")).To(Equal(strings.Repeat("ä", 200)))
	g.Expect(ev.at("tags", "lines")).To(Equal("a b"))
}

// TestSlimFrames checks which frames of a long stack are sent whole.
func TestSlimFrames(t *testing.T) {
	span := func(from, to int) (out []int) {
		for i := from; i < to; i++ {
			out = append(out, i)
		}
		return out
	}
	for _, tt := range []struct {
		name string
		n    int
		own  func(i int) bool
		slim []int
	}{
		{"25 frames", 25, func(int) bool { return false }, nil},
		{"libraries only", 30, func(int) bool { return false }, span(12, 18)},
		{"the program's only", 30, func(int) bool { return true }, span(12, 18)},
		{"five of the program's", 30, func(i int) bool { return i < 5 }, span(15, 20)},
		{"25 of the program's", 30, func(i int) bool { return i >= 5 }, span(0, 5)},
		{"24 of the program's, where Raven for Python differs", 30, func(i int) bool { return i >= 6 }, span(0, 6)},
		{"30 of the program's, 5 others", 35, func(i int) bool { return i >= 5 }, append(span(0, 5), span(17, 23)...)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			frames := framesOf(tt.n, map[string]any{"v": 1})
			for i := range frames {
				frames[i].InApp = tt.own(i)
			}
			c, rec := newRecorded(t, testDSN)
			c.Capture(t.Context(), &raven.Event{Stacktrace: &raven.Stacktrace{Frames: frames}})
			var slim []int
			for i, f := range only(t, rec).at("stacktrace", "frames").([]any) {
				f := f.(map[string]any)
				g.Expect(f).To(And(HaveKeyWithValue("function", fmt.Sprint("f", i)), HaveKeyWithValue("context_line", "line")))
				if f["vars"] == nil {
					slim = append(slim, i)
					g.Expect(f).NotTo(Or(HaveKey("pre_context"), HaveKey("post_context")))
				}
			}
			g.Expect(slim).To(Equal(tt.slim))
		})
	}
}
