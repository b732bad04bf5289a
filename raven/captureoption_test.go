package raven_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

// An argument, the event and an option set different values, as in the base
// tests of Raven for Python.
func TestPrecedence(t *testing.T) {
	failure := errors.New("foo")
	for _, tt := range []struct {
		name    string
		capture func(ctx context.Context, c *raven.Client)
		modern  map[string]any
		store   map[string]any
	}{
		{
			"message event",
			func(ctx context.Context, c *raven.Client) { c.CaptureMessage(ctx, "argument") },
			map[string]any{"logentry.formatted": "argument", "stacktrace": nil, "level": "error"},
			map[string]any{"message": "argument", "level": 40.0},
		},
		{
			"explicit message on a message event",
			func(ctx context.Context, c *raven.Client) { c.CaptureMessage(ctx, "argument", raven.Message("data")) },
			map[string]any{"logentry.formatted": "data"},
			map[string]any{"message": "data"},
		},
		{
			"message of an exception event",
			func(ctx context.Context, c *raven.Client) { c.CaptureException(ctx, failure) },
			map[string]any{"logentry": nil},
			map[string]any{"message": "raven_test.TestPrecedence: foo"},
		},
		{
			"explicit message on an exception event",
			func(ctx context.Context, c *raven.Client) {
				c.CaptureException(ctx, failure, raven.Message("%d more"), raven.Params{3})
			},
			map[string]any{"logentry.message": "%d more", "logentry.formatted": "3 more"},
			map[string]any{"message": "3 more"},
		},
		{
			"option over event over Context",
			func(ctx context.Context, c *raven.Client) {
				c.Context().Merge(raven.LevelDebug, raven.Logger("context"), raven.Transaction("context"), raven.Message("context"))
				c.Capture(ctx, &raven.Event{Level: raven.LevelInfo, Logger: "event"}, raven.LevelWarning)
			},
			map[string]any{"level": "warning", "logger": "event", "transaction": "context", "logentry.formatted": "context"},
			map[string]any{"level": 30.0, "logger": "event", "message": "context"},
		},
		{
			"a panic is fatal over the Context, not over an option",
			func(ctx context.Context, c *raven.Client) {
				c.Context().Merge(raven.LevelDebug)
				defer c.Recover(ctx)
				panic("x")
			},
			map[string]any{"level": "fatal"},
			map[string]any{"level": 50.0},
		},
		{
			"a culprit displaces the transaction, whoever says so",
			func(ctx context.Context, c *raven.Client) {
				c.Context().Merge(raven.Culprit("context"))
				c.CaptureMessage(ctx, "x", raven.Transaction("call"))
			},
			map[string]any{"culprit": "context", "transaction": nil},
			map[string]any{"culprit": "context", "transaction": nil},
		},
		{
			"site",
			func(ctx context.Context, c *raven.Client) { c.CaptureMessage(ctx, "x", raven.Site("here")) },
			map[string]any{"tags.site": "here"},
			map[string]any{"tags.site": "here"},
		},
		{
			"site beside a tag",
			func(ctx context.Context, c *raven.Client) {
				c.CaptureMessage(ctx, "x", raven.Site("here"), raven.Tags{"site": "tag"})
			},
			map[string]any{"tags.site": "tag"},
			nil,
		},
		{
			"no stack unless asked for",
			func(ctx context.Context, c *raven.Client) {
				c.CaptureMessage(ctx, "x", raven.Stack(true), raven.Stack(false))
			},
			map[string]any{"stacktrace": nil},
			nil,
		},
		{
			"interfaces have dots",
			func(ctx context.Context, c *raven.Client) {
				c.CaptureMessage(ctx, "x", raven.Interfaces{"a.b": 1, "nodot": 1, "level": 1})
			},
			map[string]any{"nodot": nil, "level": "error"},
			nil,
		},
	} {
		for dsn, want := range map[string]map[string]any{testDSN: tt.modern, storeDSN: tt.store} {
			t.Run(tt.name, func(t *testing.T) {
				g := NewWithT(t)
				c, rec := newRecorded(t, dsn)
				tt.capture(t.Context(), c)
				ev := only(t, rec)
				for path, value := range want {
					g.Expect(ev.dotted(path)).To(equalOrNil(value), path)
				}
			})
		}
	}
}

func TestClientSite(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN, raven.WithSite("client"))
	g.Expect(captured(t, t.Context(), c, rec).at("tags", "site")).To(Equal("client"))
	g.Expect(captured(t, t.Context(), c, rec, raven.Site("call")).at("tags", "site")).To(Equal("call"))
	c.Context().Merge(raven.Site("context"))
	g.Expect(captured(t, t.Context(), c, rec).at("tags", "site")).To(Equal("context"))
}

func TestCaptureQuery(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	id := c.CaptureQuery(t.Context(), "select '100%'", "sqlite", raven.LevelWarning)
	ev := eventOf(t, rec.all()[0])
	g.Expect(ev["event_id"]).To(Equal(id))
	g.Expect(ev["sentry.interfaces.Query"]).To(Equal(map[string]any{"query": "select '100%'", "engine": "sqlite"}))
	g.Expect(ev.at("logentry", "formatted")).To(Equal("select '100%'"))
	g.Expect(ev["level"]).To(Equal("warning"))
	c.CaptureQuery(t.Context(), "select 1", "")
	g.Expect(eventOf(t, rec.all()[1])["sentry.interfaces.Query"]).To(Equal(map[string]any{"query": "select 1"}))
}

//go:noinline
func where() raven.Callers {
	pcs := make([]uintptr, 50)
	return pcs[:runtime.Callers(1, pcs)]
}

//go:noinline
func fromAfar() raven.Callers { return where() }

// Callers are given innermost first and sent oldest first.
func TestExplicitCallers(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	pcs := fromAfar()
	top := func(ev object, path ...any) []any {
		return []any{ev.at(append(path, "frames", -1, "function")...), ev.at(append(path, "frames", -2, "function")...)}
	}
	c.CaptureMessage(t.Context(), "x", pcs)
	c.CaptureException(t.Context(), errors.New("x"), pcs)
	func() {
		defer c.Recover(t.Context(), pcs)
		panic("x")
	}()
	c.CaptureMessage(t.Context(), "x", raven.Callers(nil))
	list := rec.all()
	g.Expect(top(eventOf(t, list[0]), "stacktrace")).To(Equal([]any{"where", "fromAfar"}))
	for _, p := range list[1:3] {
		g.Expect(top(eventOf(t, p), "exception", "values", -1, "stacktrace")).To(Equal([]any{"where", "fromAfar"}))
	}
	g.Expect(eventOf(t, list[3])).NotTo(HaveKey("stacktrace"))
}

func TestAuthHeader(t *testing.T) {
	g := NewWithT(t)
	header := raven.AuthHeader("Sentry sentry_key=other, sentry_secret=sesame")
	for _, dsn := range []string{testDSN, storeDSN} {
		c, rec := newRecorded(t, dsn)
		c.CaptureMessage(t.Context(), "x", header)
		g.Expect(c.Send(t.Context(), &raven.Event{}, raven.AuthHeader("a\r\nX-Evil: \x00b"))).To(Succeed())
		c.CaptureMessage(t.Context(), "x", raven.AuthHeader(""))
		auth := func(i int) string { return rec.all()[i].Header.Get("X-Sentry-Auth") }
		g.Expect(auth(0)).To(Equal("Sentry sentry_key=other, sentry_secret=sesame"))
		g.Expect(auth(1)).To(Equal("aX-Evil: b"))
		g.Expect(auth(2)).To(HavePrefix("Sentry sentry_"), "the client's own is as it was")
		g.Expect(auth(2)).To(ContainSubstring("sentry_key=public"))
	}
	asJSON, err := json.Marshal(header)
	g.Expect(err).NotTo(HaveOccurred())
	for _, text := range []string{
		fmt.Sprint(header), fmt.Sprintf("%s|%v|%+v|%#v|%q|%x|%d", header, header, header, header, header, header, header),
		string(asJSON), slog.AnyValue(header).Resolve().String(), fmt.Sprint([]raven.CaptureOption{header}),
	} {
		g.Expect(text).To(ContainSubstring("********"))
		g.Expect(text).NotTo(ContainSubstring("sesame"))
	}
	own := struct {
		option  raven.CaptureOption
		options []raven.CaptureOption
	}{header, []raven.CaptureOption{header}}
	g.Expect(fmt.Sprintf("%v %+v %#v", own, own, own)).NotTo(ContainSubstring("sesame"))
}
