package raven_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

func keep(_ context.Context, ev *raven.Event) *raven.Event { return ev }

// A function that changes nothing has no effect on the event.
func TestBeforeSendSeesTheWholeEvent(t *testing.T) {
	for _, dsn := range []string{testDSN, storeDSN} {
		g := NewWithT(t)
		var seen *raven.Event
		look := func(_ context.Context, ev *raven.Event) *raven.Event {
			seen = ev
			return ev
		}
		handled := true
		capture := func(opts ...raven.Option) object {
			c, rec := newRecorded(t, dsn, append(opts, raven.WithTags(raven.Tags{"a": "client"}), raven.WithRelease("r1"), raven.WithServerName("web"))...)
			c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{
				Timestamp: time.Unix(7, 500000), Type: "http", Category: "c", Message: "m", Level: "INFO",
				Data: map[string]any{"n": int64(1 << 60), "f": 1.5, "l": []any{2, "x"}, "big": uint64(1 << 63), "password": "p"},
			})
			c.CaptureException(
				t.Context(), fmt.Errorf("outer: %w", errors.New("inner")), raven.Tags{"b": "call"}, raven.Extra{"n": 1}, raven.User{ID: "u"},
				&raven.Request{URL: "https://h", Data: url.Values{"a": {"b"}}}, raven.Timestamp(time.Unix(9, 0)), raven.Contexts{"own": map[string]any{"k": "v"}},
			)
			ev := only(t, rec)
			delete(ev, "event_id")
			return ev
		}
		var plain, passed object
		for i, opts := range [][]raven.Option{nil, {raven.WithBeforeSend(look)}} { // from the same line
			if got := capture(opts...); i == 0 {
				plain = got
			} else {
				passed = got
			}
		}
		g.Expect(passed).To(Equal(plain))

		g.Expect(seen.EventID).To(HaveLen(32))
		g.Expect(seen.Level).To(Equal(raven.LevelError))
		g.Expect(seen.Tags).To(Equal(raven.Tags{"a": "client", "b": "call"}))
		g.Expect([]string{seen.Release, seen.ServerName, seen.Environment, seen.Platform}).To(Equal([]string{"r1", "web", "production", "go"}))
		g.Expect(seen.Modules).To(HaveKeyWithValue("go", runtime.Version()))
		g.Expect(seen.Exceptions).To(HaveLen(2))
		g.Expect(seen.Exceptions[1].Mechanism.Handled).To(HaveValue(Equal(handled)))
		frames := seen.Exceptions[1].Stacktrace.Frames
		g.Expect(frames[len(frames)-1].Function).To(ContainSubstring("TestBeforeSendSeesTheWholeEvent"))
		g.Expect(seen.Breadcrumbs).To(HaveLen(1))
		b := seen.Breadcrumbs[0]
		g.Expect(b.Timestamp).To(BeTemporally("==", time.Unix(7, 500000)))
		b.Timestamp = time.Time{}
		g.Expect(b).To(Equal(raven.Breadcrumb{Type: "http", Category: "c", Message: "m", Level: "info", Data: map[string]any{
			"n": int64(1 << 60), "f": 1.5, "l": []any{int64(2), "x"}, "big": float64(1 << 63), "password": masked,
		}}))
	}
}

func TestFunctionsRunInOrder(t *testing.T) {
	g := NewWithT(t)
	type key struct{}
	step := func(name string) raven.ProcessorFunc {
		return func(ctx context.Context, ev *raven.Event) *raven.Event {
			ev.Message += name + fmt.Sprint(ctx.Value(key{}))
			return ev
		}
	}
	c, rec := newRecorded(t, testDSN, raven.WithBeforeSend(step("c")), raven.WithProcessors(step("a")), raven.WithProcessors(raven.RemovePostData(), step("b")), raven.WithBeforeSend(step("d")))
	c.CaptureMessage(context.WithValue(t.Context(), key{}, 1), "")
	var none context.Context
	c.Capture(none, nil)
	g.Expect(eventOf(t, rec.all()[0]).at("logentry", "formatted")).To(Equal("a1b1c1d1"))
	g.Expect(eventOf(t, rec.all()[1]).at("logentry", "formatted")).To(Equal("a<nil>b<nil>c<nil>d<nil>"))
	g.Expect(c.Send(t.Context(), &raven.Event{Message: "as it is"})).To(Succeed())
	g.Expect(eventOf(t, rec.all()[2]).at("logentry", "formatted")).To(Equal("as it is"))
}

func TestFunctionsDrop(t *testing.T) {
	none := func(context.Context, *raven.Event) *raven.Event { return nil }
	for want, opt := range map[string]raven.Option{
		"BeforeSend returned nil":  raven.WithBeforeSend(none),
		"a processor returned nil": raven.WithProcessors(raven.ProcessorFunc(none)),
	} {
		g := NewWithT(t)
		var log bytes.Buffer
		c, rec := newRecorded(t, testDSN, opt, raven.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		g.Expect(c.CaptureMessage(t.Context(), "x")).To(BeEmpty())
		_, err := c.Deliver(t.Context(), &raven.Event{EventID: strings.Repeat("ab", 16)})
		var dropped *raven.DroppedError
		g.Expect(errors.As(err, &dropped)).To(BeTrue())
		g.Expect(dropped.Outcome.Kind).To(Equal(raven.OutcomeFiltered))
		g.Expect(err).To(MatchError("raven: event " + strings.Repeat("ab", 16) + " was dropped: filtered: " + want))
		g.Expect(c.Stats().Of(raven.OutcomeFiltered)).To(BeEquivalentTo(2))
		g.Expect(rec.all()).To(BeEmpty())
		g.Expect(log.String()).To(BeEmpty(), "a drop is not logged")
	}
}

// A function that panics may have been about to remove something.
func TestFunctionsPanic(t *testing.T) {
	boom := func(context.Context, *raven.Event) *raven.Event { panic("boom") }
	for want, opt := range map[string]raven.Option{
		"BeforeSend panicked: boom":  raven.WithBeforeSend(boom),
		"a processor panicked: boom": raven.WithProcessors(raven.ProcessorFunc(boom)),
	} {
		g := NewWithT(t)
		var log bytes.Buffer
		c, rec := newRecorded(t, testDSN, opt, raven.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		g.Expect(c.CaptureMessage(t.Context(), "x")).To(BeEmpty())
		g.Expect(log.String()).To(ContainSubstring(want))
		_, err := c.Deliver(t.Context(), &raven.Event{EventID: strings.Repeat("ab", 16)})
		g.Expect(err).To(MatchError("raven: event " + strings.Repeat("ab", 16) + " was dropped: " + want))
		g.Expect(c.Stats().Of(raven.OutcomeInvalid)).To(BeEquivalentTo(2))
		g.Expect(rec.all()).To(BeEmpty())
	}
}

func TestBeforeSendAddsToWhatWasEmpty(t *testing.T) {
	g := NewWithT(t)
	for _, dsn := range []string{testDSN, storeDSN} {
		c, rec := newRecorded(t, dsn, raven.WithBeforeSend(func(_ context.Context, ev *raven.Event) *raven.Event {
			ev.Tags["t"], ev.Extra["e"], ev.Contexts["c"] = "1", 1, map[string]any{"k": "v"}
			return ev
		}))
		c.CaptureMessage(t.Context(), "x")
		ev := only(t, rec)
		g.Expect([]any{ev.at("tags", "t"), ev.at("extra", "e"), ev.at("contexts", "c", "k")}).To(Equal([]any{"1", 1.0, "v"}))
	}
}

func TestBeforeSendReplaces(t *testing.T) {
	g := NewWithT(t)
	next := &raven.Event{Message: "mine", Extra: raven.Extra{"password": "p"}}
	c, rec := newRecorded(t, testDSN, raven.WithTags(raven.Tags{"a": "b"}), raven.WithRelease("r"), raven.WithBeforeSend(func(context.Context, *raven.Event) *raven.Event { return next }))
	c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: "before"})
	id := c.CaptureMessage(t.Context(), "x")
	ev := only(t, rec)
	g.Expect(ev["event_id"]).To(Equal(id))
	g.Expect(ev["timestamp"]).NotTo(BeEmpty())
	g.Expect(ev["level"]).To(Equal("error"))
	g.Expect(ev.at("extra", "password")).To(Equal(masked), "nothing that a function adds escapes")
	for _, left := range []string{"tags", "release", "server_name", "environment", "modules", "contexts", "breadcrumbs"} {
		g.Expect(ev).NotTo(HaveKey(left))
	}
	g.Expect(next.EventID).To(BeEmpty(), "the function's event is not changed")

	next.EventID = "a3b1c2d4-0000-4000-8000-0123456789AB"
	g.Expect(c.CaptureMessage(t.Context(), "x")).To(Equal("a3b1c2d40000400080000123456789ab"))
	next.EventID = "none"
	g.Expect(c.CaptureMessage(t.Context(), "x")).To(HaveLen(32))
}

// A function may change all of its event. That changes neither the caller's
// values nor later events.
func TestBeforeSendGetsACopy(t *testing.T) {
	g := NewWithT(t)
	scribble := func(_ context.Context, ev *raven.Event) *raven.Event {
		for _, m := range []map[string]any{ev.Extra, ev.Contexts, ev.User.Data, ev.Interfaces, ev.Exceptions[0].Mechanism.Data, ev.Breadcrumbs[0].Data, ev.Exceptions[0].Stacktrace.Frames[0].Vars} {
			m["in"].(map[string]any)["x"] = "scribbled"
			m["in"].(map[string]any)["list"].([]string)[0] = "scribbled"
		}
		ev.Tags["t"], ev.Request.Headers["H"], ev.Modules["m"], ev.Fingerprint[0], ev.Params[0] = "x", "x", "x", "x", "x"
		ev.Request.Data.(url.Values)["a"][0] = "x"
		ev.Exceptions[0].Stacktrace.Frames[0].PreContext[0] = "x"
		*ev.Exceptions[0].Mechanism.Handled = true
		ev.Exceptions[0].Type = "x"
		ev.User.ID = "x"
		return ev
	}
	bag := func() map[string]any { return map[string]any{"in": map[string]any{"list": []string{"a"}}} }
	made := func() *raven.Event {
		handled := false
		return &raven.Event{
			Message: "m %s", Params: raven.Params{"p"}, Tags: raven.Tags{"t": "1"}, Extra: bag(), Contexts: bag(), Interfaces: bag(),
			User: &raven.User{ID: "u", Data: bag()}, Request: &raven.Request{Headers: map[string]string{"H": "1"}, Data: url.Values{"a": {"b"}}},
			Modules: map[string]string{"m": "1"}, Fingerprint: raven.Fingerprint{"f"}, Breadcrumbs: []raven.Breadcrumb{{Message: "b", Data: bag()}},
			Exceptions: []raven.Exception{{
				Type: "E", Mechanism: &raven.Mechanism{Handled: &handled, Data: bag()},
				Stacktrace: &raven.Stacktrace{Frames: []raven.Frame{{Function: "f", PreContext: []string{"l"}, Vars: bag()}}},
			}},
		}
	}
	ev := made()
	c, rec := newRecorded(t, testDSN, raven.WithBeforeSend(scribble))
	c.Capture(t.Context(), ev)
	g.Expect(ev).To(Equal(made()))
	g.Expect(only(t, rec).at("tags", "t")).To(Equal("x"))
}

// A function may keep its event: the client does not reuse it.
func TestBeforeSendMayKeepTheEvent(t *testing.T) {
	g := NewWithT(t)
	var kept []*raven.Event
	c, _ := newRecorded(t, testDSN, raven.WithBeforeSend(func(_ context.Context, ev *raven.Event) *raven.Event {
		kept = append(kept, ev)
		return ev
	}))
	for i := range 20 {
		c.CaptureException(t.Context(), fmt.Errorf("%d: %w", i, fmt.Errorf("inner %d", i)))
	}
	for i, ev := range kept {
		g.Expect(ev.Exceptions[0].Value).To(Equal(fmt.Sprint("inner ", i)))
		g.Expect(ev.Exceptions[1].Mechanism.ExceptionID).To(Equal(0))
		g.Expect(ev.Exceptions[1].Stacktrace.Frames).NotTo(BeEmpty())
	}
}

func TestBeforeSendOfTangledValues(t *testing.T) {
	g := NewWithT(t)
	v, cycle, list := map[string]any{"leaf": 1}, map[string]any{}, make([]any, 1)
	for range 60 {
		v = map[string]any{"a": v, "b": v, "l": []any{v, v}}
	}
	cycle["self"], list[0] = cycle, list
	c, rec := newRecorded(t, testDSN, raven.WithBeforeSend(keep))
	g.Expect(c.CaptureMessage(t.Context(), "x", raven.Extra{"v": v, "cycle": cycle, "list": list})).NotTo(BeEmpty())
	ev := only(t, rec)
	g.Expect(ev.at("extra", "cycle")).To(Equal(map[string]any{"self": "<...>"}))
	g.Expect(ev.at("extra", "list")).To(Equal([]any{"<...>"}))
}
