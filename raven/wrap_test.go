package raven_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

func TestWrap(t *testing.T) {
	failure := fmt.Errorf("reading: %w", io.ErrUnexpectedEOF)
	for _, tt := range []struct {
		name     string
		result   error
		opts     []raven.CaptureOption
		captured bool
	}{
		{"success", nil, nil, false},
		{"failure", failure, []raven.CaptureOption{raven.Tags{"k": "v"}}, true},
		{"listed", failure, []raven.CaptureOption{raven.Only(raven.Is(io.EOF, io.ErrUnexpectedEOF)), nil}, true},
		{"unlisted", failure, []raven.CaptureOption{raven.Only(raven.Is(io.EOF))}, false},
		{"an empty list", failure, []raven.CaptureOption{raven.Only()}, false},
		{"a matcher that can't be made", failure, []raven.CaptureOption{raven.Only(raven.Named(""))}, true},
		{"listed once, unlisted once", failure, []raven.CaptureOption{raven.Only(raven.Is(io.EOF)), raven.Only(raven.Is(io.ErrUnexpectedEOF))}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			c, rec := newRecorded(t, testDSN)
			type key struct{}
			ctx := context.WithValue(t.Context(), key{}, "mine")
			err := c.Wrap(ctx, func(ctx context.Context) error {
				g.Expect(ctx.Value(key{})).To(Equal("mine"))
				return tt.result
			}, tt.opts...)
			g.Expect(err == tt.result).To(BeTrue(), "unchanged")
			if !tt.captured {
				g.Expect(rec.all()).To(BeEmpty())
				return
			}
			ev := only(t, rec)
			g.Expect(ev.at("exception", "values", -1, "value")).To(Equal(failure.Error()))
			g.Expect(ev.at("exception", "values", -1, "stacktrace", "frames", -1, "function")).To(HavePrefix("TestWrap."))
		})
	}
}

func TestWrapOfPanics(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	g.Expect(func() {
		_ = c.Wrap(t.Context(), func(context.Context) error { explode("boom"); return nil }, raven.Only())
	}).To(PanicWith("boom"))
	ev := only(t, rec)
	g.Expect(ev["level"]).To(Equal("fatal"))
	g.Expect(ev.at("exception", "values", 0, "stacktrace", "frames", -1, "function")).To(Equal("explode"))
	g.Expect(func() {
		_ = c.Wrap(t.Context(), func(context.Context) error { panic(http.ErrAbortHandler) })
	}).To(PanicWith(BeIdenticalTo(http.ErrAbortHandler)))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.Wrap(t.Context(), func(context.Context) error { runtime.Goexit(); return nil })
		t.Error("Goexit was stopped")
	}()
	<-done
	g.Expect(rec.all()).To(HaveLen(1))

	var none *raven.Client
	g.Expect(none.Wrap(t.Context(), func(context.Context) error { return io.EOF })).To(BeIdenticalTo(io.EOF))
	g.Expect(func() { _ = none.Wrap(t.Context(), func(context.Context) error { panic("x") }) }).To(PanicWith("x"))
}
