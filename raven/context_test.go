package raven_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

// captured captures an event and returns it.
func captured(t *testing.T, ctx context.Context, c *raven.Client, rec *recorder, opts ...raven.CaptureOption) object {
	t.Helper()
	c.Capture(ctx, nil, opts...)
	packets := rec.all()
	return eventOf(t, packets[len(packets)-1])
}

func TestContextMerges(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN, raven.WithTags(raven.Tags{"a": "client", "b": "client"}), raven.WithExtra(raven.Extra{"x": 0, "c": 0}))
	ctx, rc := raven.NewContext(t.Context(), c)
	rc.Merge(
		raven.Tags{"b": "context", "c": "context", "d": "context"}, raven.Extra{"x": 1, "y": 1}, raven.Contexts{"app": 1, "build": 1},
		raven.User{ID: "1", Email: "e"}, &raven.Request{URL: "u", Headers: map[string]string{"A": "1"}},
		raven.LevelInfo, raven.Logger("context"), raven.Fingerprint{"context"}, raven.Transaction("context"),
		raven.TimeSpent(time.Second), raven.Interfaces{"a.b": 1, "a.c": 1},
	)
	rc.Merge(raven.Tags{"e": "context"}, raven.User{Username: "n"}, raven.Params{"no"}, raven.Callers{1})

	ev := captured(t, ctx, c, rec, raven.Tags{"c": "call"}, raven.Extra{"y": 2}, raven.User{Email: "new"}, raven.LevelFatal, raven.Interfaces{"a.b": 2})
	g.Expect(ev["tags"]).To(Equal(map[string]any{"a": "client", "b": "context", "c": "call", "d": "context", "e": "context"}))
	g.Expect(ev["extra"]).To(Equal(map[string]any{"c": 0.0, "x": 1.0, "y": 2.0}))
	g.Expect(ev["user"]).To(Equal(map[string]any{"id": "1", "email": "new", "username": "n"}))
	g.Expect(ev["level"]).To(Equal("fatal"))
	g.Expect(ev["a.b"]).To(Equal(2.0))
	g.Expect(ev).NotTo(HaveKey("stacktrace"))

	c.Capture(ctx, &raven.Event{Message: "100%", Tags: raven.Tags{"d": "event"}, Request: &raven.Request{URL: "event"}, Level: raven.LevelDebug})
	ev = eventOf(t, rec.all()[1])
	g.Expect(ev.at("logentry", "formatted")).To(Equal("100%"), "a Context has no Params")
	g.Expect(ev["tags"]).To(Equal(map[string]any{"a": "client", "b": "context", "c": "context", "d": "event", "e": "context"}))
	g.Expect(ev["request"]).To(Equal(map[string]any{"url": "event", "headers": map[string]any{"A": "1"}}))
	g.Expect(ev["level"]).To(Equal("debug"))
	g.Expect(ev["logger"]).To(Equal("context"))
	g.Expect(ev["fingerprint"]).To(Equal([]any{"context"}))
	g.Expect(ev["transaction"]).To(Equal("context"))
	g.Expect(ev["time_spent"]).To(Equal(1000.0))
	g.Expect(ev["a.c"]).To(Equal(1.0))
	g.Expect(ev["contexts"]).To(And(HaveKey("app"), HaveKey("build"), HaveKey("os")))

	g.Expect(rc.Get()).To(Equal(&raven.Event{
		Tags:  raven.Tags{"b": "context", "c": "context", "d": "context", "e": "context"},
		Extra: raven.Extra{"x": 1, "y": 1}, Contexts: raven.Contexts{"app": 1, "build": 1},
		User: &raven.User{ID: "1", Email: "e", Username: "n"}, Request: &raven.Request{URL: "u", Headers: map[string]string{"A": "1"}},
		Level: raven.LevelInfo, Logger: "context", Fingerprint: raven.Fingerprint{"context"}, Transaction: "context",
		TimeSpent: time.Second, Interfaces: raven.Interfaces{"a.b": 1, "a.c": 1},
	}), "without the client's data")
}

// fills is an event type that fills in another event.
type fills raven.Event

func (f fills) FillEvent(ev *raven.Event) { *ev = raven.Event(f) }

func TestContextHoldsWhateverACaptureTakes(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	whole := everything
	whole.Culprit, whole.Params, whole.Message = "", nil, "hi"
	c.Capture(t.Context(), &whole)
	want := only(t, rec)
	for _, key := range []string{"exception", "stacktrace", "threads", "breadcrumbs", "event_id"} {
		delete(want, key) // fields of one event only
	}
	c.Context().Merge(raven.Custom(fills(whole)), raven.AuthHeader("own"), raven.Stack(true), raven.Site("here"))
	ev := captured(t, t.Context(), c, rec)
	g.Expect(rec.all()[1].Header.Get("X-Sentry-Auth")).To(Equal("own"))
	g.Expect(ev.at("tags", "site")).To(Equal("here"))
	g.Expect(ev["stacktrace"]).NotTo(BeNil())
	delete(ev["tags"].(map[string]any), "site")
	delete(ev, "stacktrace")
	delete(ev, "event_id")
	g.Expect(ev).To(Equal(want))
	g.Expect(captured(t, t.Context(), c, rec, raven.Stack(false))).NotTo(HaveKey("stacktrace"))
}

func TestContextSet(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN, raven.WithTags(raven.Tags{"a": "client"}))
	ctx, rc := raven.NewContext(t.Context(), c)
	rc.Merge(raven.Tags{"b": "1"}, raven.User{ID: "1"})
	c.CaptureBreadcrumb(ctx, raven.Breadcrumb{Message: "stays"})
	rc.Set(raven.Tags{"c": "1"})
	ev := captured(t, ctx, c, rec)
	g.Expect(ev["tags"]).To(Equal(map[string]any{"a": "client", "c": "1"}))
	g.Expect(ev).NotTo(HaveKey("user"))
	g.Expect(ev.at("breadcrumbs", "values")).To(HaveLen(1))
}

// Later changes to merged values, and to values that Get returned, change no
// event.
func TestContextKeepsCopies(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	ctx, rc := raven.NewContext(t.Context(), c)
	mess := func(ev *raven.Event) {
		ev.Tags["k"], ev.Fingerprint[0], ev.Request.Headers["A"], ev.Interfaces["a.b"] = "changed", "changed", "changed", "changed"
		ev.Extra["list"].([]any)[0] = "changed"
		ev.Extra["ints"].([]int)[0] = 7
		ev.Extra["nested"].(map[string]map[string]int)["a"]["b"] = 7
		ev.User.Data["k"] = "changed"
		ev.Request.Data.(map[string]any)["k"] = "changed"
		ev.Contexts["app"].(map[string]any)["k"] = "changed"
	}
	given := raven.Event{
		Tags:        raven.Tags{"k": "v"},
		Extra:       raven.Extra{"list": []any{"v"}, "ints": []int{1}, "nested": map[string]map[string]int{"a": {"b": 1}}},
		User:        &raven.User{ID: "1", Data: map[string]any{"k": "v"}},
		Request:     &raven.Request{Headers: map[string]string{"A": "v"}, Data: map[string]any{"k": "v", "none": nil}},
		Contexts:    raven.Contexts{"app": map[string]any{"k": "v"}},
		Fingerprint: raven.Fingerprint{"v"}, Interfaces: raven.Interfaces{"a.b": "v"},
	}
	rc.Merge(given.Tags, given.Extra, *given.User, given.Request, given.Contexts, given.Fingerprint, given.Interfaces)
	before := rc.Get()
	mess(&given)
	g.Expect(rc.Get()).To(Equal(before))
	mess(rc.Get())
	g.Expect(rc.Get()).To(Equal(before))
	ev := captured(t, ctx, c, rec, raven.Tags{"other": "1"}, raven.Interfaces{"c.d": 1})
	g.Expect(fmt.Sprint(ev)).NotTo(ContainSubstring("changed"))
	g.Expect(rc.Get()).To(Equal(before), "captures don't change it either")
}

func TestContextActivity(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	ctx, rc := raven.NewContext(t.Context(), c)
	crumbs := func() []string {
		list, _ := captured(t, ctx, c, rec).at("breadcrumbs", "values").([]any)
		return messages(list)
	}
	record := func(m string) { raven.Record(ctx, raven.Breadcrumb{Message: m}) }

	g.Expect(rc.Active()).To(BeTrue())
	record("1")
	rc.Deactivate()
	record("2")
	c.CaptureBreadcrumb(ctx, raven.Breadcrumb{Message: "2"})
	rc.Merge(raven.Tags{"k": "v"}, raven.Activate(false))
	g.Expect(rc.Active()).To(BeFalse())
	g.Expect(captured(t, ctx, c, rec).at("tags", "k")).To(Equal("v"), "events get the data of an inactive Context")
	rc.Merge(raven.Tags{"k": "w"})
	g.Expect(rc.Active()).To(BeTrue())
	record("3")
	rc.Deactivate()
	_, child := raven.NewContext(ctx, c)
	g.Expect(child.Active()).To(BeTrue(), "from the start, whatever it starts with")
	rc.Set()
	g.Expect(rc.Active()).To(BeFalse())
	rc.Activate()
	record("4")
	rc.Set(raven.Activate(false))
	record("5")
	g.Expect(crumbs()).To(Equal([]string{"1", "3", "4"}))
}

func TestContextClear(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN, raven.WithTags(raven.Tags{"a": "client"}))
	inside, made := raven.NewContext(t.Context(), c)
	for _, tt := range []struct {
		ctx        context.Context
		rc         *raven.Context
		deactivate []bool
		active     bool
	}{
		{inside, made, nil, false},
		{inside, made, []bool{false}, true},
		{inside, made, []bool{true}, false},
		{t.Context(), c.Context(), nil, true},
		{t.Context(), c.Context(), []bool{true}, false},
		{t.Context(), c.Context(), []bool{false}, true},
	} {
		tt.rc.Merge(raven.Tags{"k": "v"})
		c.CaptureBreadcrumb(tt.ctx, raven.Breadcrumb{Message: "m"})
		tt.rc.Clear(tt.deactivate...)
		g.Expect(tt.rc.Active()).To(Equal(tt.active), "%v", tt.deactivate)
		g.Expect(tt.rc.Get()).To(Equal(new(raven.Event)))
		ev := captured(t, tt.ctx, c, rec)
		g.Expect(ev["tags"]).To(Equal(map[string]any{"a": "client"}))
		g.Expect(ev).NotTo(HaveKey("breadcrumbs"))
	}
	made.Deactivate()
	made.Clear(false)
	g.Expect(made.Active()).To(BeFalse(), "Clear(false) leaves it as it is")
}

func TestContextWith(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	_, rc := raven.NewContext(t.Context(), c)
	rc.Merge(raven.Tags{"k": "v"}, raven.Activate(false))
	g.Expect(func() {
		rc.With(t.Context(), func(ctx context.Context) {
			g.Expect(raven.FromContext(ctx)).To(BeIdenticalTo(rc))
			g.Expect(rc.Active()).To(BeTrue())
			g.Expect(captured(t, ctx, c, rec).at("tags", "k")).To(Equal("v"))
			panic("passes")
		})
	}).To(PanicWith("passes"))
	g.Expect(rc.Active()).To(BeFalse())
}

// The whole program uses the client's own Context.
func TestWithLeavesTheClientsOwnContextActive(t *testing.T) {
	g := NewWithT(t)
	c, _ := newRecorded(t, testDSN)
	c.Context().With(t.Context(), func(context.Context) {})
	g.Expect(c.Context().Active()).To(BeTrue())
	g.Expect(func() {
		c.Context().With(t.Context(), func(context.Context) { panic("passes") })
	}).To(PanicWith("passes"))
	g.Expect(c.Context().Active()).To(BeTrue())

	c.Context().With(t.Context(), func(context.Context) { c.Context().Deactivate() })
	g.Expect(c.Context().Active()).To(BeFalse(), "fn deactivated it")
	c.Context().With(t.Context(), func(context.Context) { g.Expect(c.Context().Active()).To(BeTrue()) })
	g.Expect(c.Context().Active()).To(BeFalse(), "as it was")
	c.Context().With(t.Context(), func(context.Context) { c.Context().Merge(raven.Tags{"a": "b"}) })
	g.Expect(c.Context().Active()).To(BeTrue(), "Merge activated it")
}

func TestCallsOfWithMayOverlap(t *testing.T) {
	for _, own := range []bool{true, false} {
		g := NewWithT(t)
		c, _ := newRecorded(t, testDSN)
		_, rc := raven.NewContext(t.Context(), c)
		if own {
			rc = c.Context()
		}
		first, firstLeft := make(chan struct{}), make(chan struct{})
		rc.With(t.Context(), func(ctx context.Context) {
			go func() {
				defer close(firstLeft)
				rc.With(t.Context(), func(context.Context) { <-first })
			}()
			close(first)
			<-firstLeft
			g.Expect(rc.Active()).To(BeTrue(), "this one is not through")
			inner, made := raven.NewContext(ctx, c)
			made.With(inner, func(context.Context) {})
			g.Expect(made.Active()).To(BeFalse(), "it is independent of rc")
		})
		g.Expect(rc.Active()).To(Equal(own))
	}
}

// Derived Contexts have the data of a Context; others do not.
func TestContextsDoNotLeak(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	c.TagsContext(t.Context(), raven.Tags{"own": "1"})
	raven.Record(t.Context(), raven.Breadcrumb{Message: "nobody's"})
	c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: "own"})

	parent, _ := raven.NewContext(t.Context(), c)
	c.TagsContext(parent, raven.Tags{"parent": "1"})
	c.CaptureBreadcrumb(parent, raven.Breadcrumb{Message: "parent"})
	child, _ := raven.NewContext(parent, c)
	sibling, _ := raven.NewContext(parent, c)
	c.ExtraContext(child, raven.Extra{"child": 1})
	c.UserContext(child, raven.User{ID: "child"})
	c.HTTPContext(sibling, &raven.Request{URL: "sibling"})
	for ctx, name := range map[context.Context]string{child: "child", sibling: "sibling"} {
		c.TagsContext(ctx, raven.Tags{name: "1"})
		raven.Record(ctx, raven.Breadcrumb{Message: name})
	}
	c.TagsContext(parent, raven.Tags{"later": "1"})

	for _, tt := range []struct {
		ctx    context.Context
		tags   map[string]any
		crumbs []string
	}{
		{t.Context(), map[string]any{"own": "1"}, []string{"own"}},
		{parent, map[string]any{"own": "1", "parent": "1", "later": "1"}, []string{"own", "parent"}},
		{child, map[string]any{"own": "1", "parent": "1", "child": "1"}, []string{"own", "parent", "child"}},
		{sibling, map[string]any{"own": "1", "parent": "1", "sibling": "1"}, []string{"own", "parent", "sibling"}},
	} {
		ev := captured(t, tt.ctx, c, rec)
		g.Expect(ev["tags"]).To(Equal(tt.tags))
		g.Expect(messages(ev.at("breadcrumbs", "values").([]any))).To(Equal(tt.crumbs))
		g.Expect(ev.at("user", "id")).To(equalOrNil(map[bool]any{true: "child"}[tt.ctx == child]))
		g.Expect(ev.at("request", "url")).To(equalOrNil(map[bool]any{true: "sibling"}[tt.ctx == sibling]))
	}
}
