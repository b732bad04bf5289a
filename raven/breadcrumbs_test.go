package raven_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

func crumbsOf(t *testing.T, c *raven.Client, rec *recorder) []any {
	t.Helper()
	c.CaptureMessage(t.Context(), "x")
	packets := rec.all()
	list, _ := eventOf(t, packets[len(packets)-1]).at("breadcrumbs", "values").([]any)
	return list
}

func messages(list []any) []string {
	var out []string
	for _, b := range list {
		out = append(out, fmt.Sprint(b.(map[string]any)["message"]))
	}
	return out
}

func TestBreadcrumbs(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	g.Expect(crumbsOf(t, c, rec)).To(BeEmpty())
	data := map[string]any{"a": []int{1}}
	c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{
		Type: "http", Category: strings.Repeat("c", 200), Message: strings.Repeat("ä", 4096),
		Level: "WARNING", Data: data, Timestamp: time.Unix(1, 250000000),
	})
	data["a"] = "changed"
	c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{})
	g.Expect(crumbsOf(t, c, rec)).To(Equal([]any{map[string]any{
		"type": "http", "category": strings.Repeat("c", 128), "message": strings.Repeat("ä", 1024),
		"level": "warning", "data": map[string]any{"a": []any{1.0}}, "timestamp": 1.25,
	}}))
	c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Category: "only"})
	last := crumbsOf(t, c, rec)[1].(map[string]any)
	g.Expect(last["type"]).To(Equal("default"))
	g.Expect(last["timestamp"]).To(BeNumerically("~", float64(time.Now().Unix()), 60))
}

func TestBreadcrumbRing(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	for i := range 250 {
		c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: fmt.Sprint(i)})
	}
	list := messages(crumbsOf(t, c, rec))
	g.Expect(list).To(HaveLen(100))
	g.Expect([]string{list[0], list[99]}).To(Equal([]string{"150", "249"}))

	c, rec = newRecorded(t, testDSN, raven.WithBreadcrumbs(3))
	for i := range 7 {
		c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: fmt.Sprint(i)})
	}
	g.Expect(messages(crumbsOf(t, c, rec))).To(Equal([]string{"4", "5", "6"}))

	c, rec = newRecorded(t, testDSN, raven.WithBreadcrumbs(0))
	c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: "x"})
	g.Expect(crumbsOf(t, c, rec)).To(BeEmpty())
}

func TestEqualBreadcrumbsCollapse(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	for i, m := range []string{"42", "42", "42", "23", "23", "23", "42"} {
		c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: m, Timestamp: time.Unix(int64(i), 0)})
	}
	list := crumbsOf(t, c, rec)
	g.Expect(messages(list)).To(Equal([]string{"42", "23", "42"}))
	g.Expect(list[0].(map[string]any)["timestamp"]).To(Equal(0.0))
	c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: "42", Data: map[string]any{"n": 1}})
	g.Expect(crumbsOf(t, c, rec)).To(HaveLen(4))
}

func TestEventsOwnBreadcrumbsWin(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: "client"})
	c.Capture(t.Context(), &raven.Event{Breadcrumbs: []raven.Breadcrumb{{Message: "own"}}})
	c.Capture(t.Context(), &raven.Event{Breadcrumbs: []raven.Breadcrumb{}})
	g.Expect(messages(eventOf(t, rec.all()[0]).at("breadcrumbs", "values").([]any))).To(Equal([]string{"own"}))
	g.Expect(eventOf(t, rec.all()[1])).NotTo(HaveKey("breadcrumbs"))
}

func TestBreadcrumbsAreProcessedOnceAndLate(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	runs := 0
	data := map[string]any{"n": 1, "deep": map[string]any{"n": 1}}
	c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Data: data, Timestamp: time.Unix(7, 0), Process: func(b *raven.Breadcrumb) {
		runs++
		b.Message, b.Timestamp = fmt.Sprint("run ", runs), time.Time{}
		b.Data["added"] = true
	}})
	data["n"], data["deep"].(map[string]any)["n"] = 2, 2
	g.Expect(runs).To(BeZero())
	ctx, _ := raven.NewContext(t.Context(), c)
	want := []any{map[string]any{"type": "default", "timestamp": 7.0, "message": "run 1", "data": map[string]any{"n": 1.0, "deep": map[string]any{"n": 1.0}, "added": true}}}
	g.Expect(captured(t, ctx, c, rec).at("breadcrumbs", "values")).To(Equal(want))
	g.Expect(crumbsOf(t, c, rec)).To(Equal(want), "Process runs once for all Contexts")

	for range 2 {
		c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Process: func(b *raven.Breadcrumb) { b.Message = "run 1"; b.Data = nil }})
	}
	g.Expect(messages(crumbsOf(t, c, rec))).To(Equal([]string{"run 1", "run 1"}), "breadcrumbs that Process makes equal are merged")
}

func TestProcessedBreadcrumbsAreCopies(t *testing.T) {
	g := NewWithT(t)
	first, _ := newRecorded(t, testDSN)
	second, rec := newRecorded(t, testDSN)
	ctx, _ := raven.NewContext(t.Context(), first)
	ctx, _ = raven.NewContext(ctx, second)
	data := map[string]any{"rows": 1}
	raven.Record(ctx, raven.Breadcrumb{Message: "late", Process: func(b *raven.Breadcrumb) { b.Data = data }})
	first.CaptureMessage(ctx, "x")
	data["rows"] = 2
	second.CaptureMessage(ctx, "x")
	g.Expect(only(t, rec).at("breadcrumbs", "values", 0, "data", "rows")).To(Equal(1.0), "later changes by Process have no effect")
}

func TestBreadcrumbsWhoseProcessingFails(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: "panics", Data: map[string]any{"n": 1}, Process: func(b *raven.Breadcrumb) {
		b.Message, b.Data["n"] = "half done", 2
		panic("oh no")
	}})
	c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: "captures", Process: func(*raven.Breadcrumb) {
		c.CaptureMessage(t.Context(), "from within")
	}})
	list := crumbsOf(t, c, rec)
	g.Expect(messages(list)).To(Equal([]string{"panics", "captures"}))
	g.Expect(list[0].(map[string]any)["data"]).To(Equal(map[string]any{"n": 1.0}))
	within := eventOf(t, rec.all()[0])
	g.Expect(within.at("logentry", "message")).To(Equal("from within"))
	g.Expect(messages(within.at("breadcrumbs", "values").([]any))).To(Equal([]string{"panics"}))
}
