package logrecord_test

import (
	"errors"
	"reflect"
	"runtime"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

var levels = logrecord.Levels{Info: 1, Warn: 2, Error: 3, Fatal: 4, Ends: true}

func TestEvents(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	a := logrecord.New(client, levels)
	a.Event, a.Logger, a.Tags = 2, "db", []string{"shard", "nothing"}
	g := NewWithT(t)
	for _, err := range []error{nil, errors.New("a timeout")} {
		r := logrecord.Record{
			Time: at, Level: 2, Message: "slow", Fields: map[string]any{"ms": 1500, "shard": 7, "nothing": nil}, Err: err,
			Options: []raven.CaptureOption{raven.Tags{"zone": "eu"}},
		}
		g.Expect(a.Report(t.Context(), &r)).To(Succeed())
	}
	for i, e := range rec.Events() {
		g.Expect(e.Timestamp).To(Equal(at))
		g.Expect(e.Level).To(Equal("warning"))
		g.Expect(e.Message).To(Equal("slow"))
		g.Expect(e.Logger).To(Equal("db"))
		g.Expect(e.Extra).To(Equal(map[string]any{"ms": 1500.0, "nothing": nil}))
		g.Expect(e.Tags).To(Equal(map[string]string{"zone": "eu", "shard": "7"}))
		g.Expect(e.Exceptions).To(HaveLen(i), "only the second record has an error")
		g.Expect(e.Stacktrace).To(BeNil())
	}
	g.Expect(rec.Events()).To(HaveLen(2))
}

func TestBreadcrumbs(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	a := logrecord.New(client, levels)
	a.Tags = []string{"ms"}
	g := NewWithT(t)
	g.Expect(a.Report(t.Context(), &logrecord.Record{Level: 0, Message: "too small"})).To(Succeed())
	g.Expect(a.Report(t.Context(), &logrecord.Record{Level: 2, Message: "slow", Fields: map[string]any{"ms": 1500}, Err: errors.New("a timeout")})).To(Succeed())
	g.Expect(a.Report(t.Context(), &logrecord.Record{Level: 3})).To(Succeed())

	e := sentrytest.RequireEvent(t, rec)
	g.Expect(e.Breadcrumbs).To(HaveLen(1))
	g.Expect(e.Breadcrumbs[0].Category).To(Equal("log"), "without a logger's name")
	g.Expect(e.Breadcrumbs[0].Level).To(Equal("warning"))
	g.Expect(e.Breadcrumbs[0].Data).To(Equal(map[string]any{"ms": 1500.0, "error": "a timeout"}), "breadcrumbs have no tags")
}

func TestTake(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var r logrecord.Record
	first := errors.New("first")
	for _, v := range []any{raven.Tags{"a": "b"}, first} {
		_, stays := r.Take(v)
		g.Expect(stays).To(BeFalse())
	}
	for v, want := range map[any]any{errors.New("second"): "second", 7: 7} {
		data, stays := r.Take(v)
		g.Expect(stays).To(BeTrue())
		g.Expect(data).To(Equal(want))
	}
	g.Expect(r.Err).To(BeIdenticalTo(first))
	g.Expect(r.Options).To(HaveLen(1))
}

func TestOnlyRecordsThatEndTheProgramReturnALoss(t *testing.T) {
	t.Parallel()
	for _, ends := range []bool{true, false} {
		g := NewWithT(t)
		client, rec := clienttest.Recorded(t)
		rec.Fail(&transport.APIError{Status: 400, Message: "down"})
		l := levels
		l.Ends = ends
		a := logrecord.New(client, l)
		g.Expect(a.Report(t.Context(), &logrecord.Record{Level: 3})).To(Succeed())
		var lost *raven.LossError
		g.Expect(errors.As(a.Report(t.Context(), &logrecord.Record{Level: 5}), &lost)).To(Equal(ends))
	}
}

// library represents a function of a logging library.
//
//go:noinline
func library(report func(pc uintptr)) {
	var pcs [1]uintptr
	runtime.Callers(2, pcs[:]) // as libraries find the caller
	report(pcs[0])
}

// program represents a function that logs.
//
//go:noinline
func program(report func(pc uintptr)) { library(report) }

func TestWhereAStackBegins(t *testing.T) {
	t.Parallel()
	const here = "github.com/ravenkit/ravenkit/raven/internal/logrecord_test."
	for name, tt := range map[string]struct {
		at     func(pc uintptr) uintptr
		inside []string
		want   string
	}{
		"at a return address":         {func(pc uintptr) uintptr { return pc }, nil, "program"},
		"at a call, as runtime.Frame": {func(pc uintptr) uintptr { return pc - 1 }, []string{here}, "program"},
		"outside the library":         {func(uintptr) uintptr { return 0 }, []string{here + "library", here + "Test"}, "program"},
		"where the client finds it":   {func(uintptr) uintptr { return 1 }, []string{here}, "TestWhereAStackBegins."},
		"unknown":                     {func(uintptr) uintptr { return 0 }, nil, "TestWhereAStackBegins."},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			client, rec := clienttest.Recorded(t)
			a := logrecord.New(client, levels, tt.inside...)
			program(func(pc uintptr) {
				g.Expect(a.Report(t.Context(), &logrecord.Record{Level: 3, Err: errors.New("x"), At: tt.at(pc)})).To(Succeed())
			})
			frames := rec.Events()[0].Exceptions[0].Stacktrace.Frames
			g.Expect(frames[len(frames)-1].Function).To(HavePrefix(tt.want))
		})
	}
}

func TestARecordOfAnotherPackageIsReported(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	a := logrecord.New(client, levels)
	var pcs [1]uintptr
	runtime.Callers(1, pcs[:])
	g.Expect(a.Report(t.Context(), &logrecord.Record{Level: 3, PC: pcs[0]})).To(Succeed())
	g.Expect(rec.Take()).To(HaveLen(1), "this package does not log for a client")
}

// A handler of the program may change the text of a client's record and pass it
// on to another goroutine.
func TestARecordOfTheClientIsKnownByItsCall(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	a := logrecord.New(client, levels)
	g.Expect(a.Report(t.Context(), &logrecord.Record{Level: 3, PC: reflect.ValueOf(raven.New).Pointer() + 1})).To(Succeed())
	g.Expect(rec.Take()).To(BeEmpty())
}
