package logrecord_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestCapture(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r := logrecord.Record{
		Time: at, Level: raven.LevelWarning, Message: "slow", Logger: "db", Fields: map[string]any{"ms": 1500},
		Options: []raven.CaptureOption{raven.Tags{"shard": "7"}},
	}
	r.Capture(t.Context(), client)
	r.Err = errors.New("a timeout")
	r.Capture(t.Context(), client)

	g := NewWithT(t)
	for i, e := range rec.Events() {
		g.Expect(e.Timestamp).To(Equal(at))
		g.Expect(e.Level).To(Equal("warning"))
		g.Expect(e.Message).To(Equal("slow"))
		g.Expect(e.Logger).To(Equal("db"))
		g.Expect(e.Extra).To(Equal(map[string]any{"ms": 1500.0}))
		g.Expect(e.Tags).To(Equal(map[string]string{"shard": "7"}))
		g.Expect(e.Exceptions).To(HaveLen(i), "the second is of an error")
		g.Expect(e.Stacktrace).To(BeNil())
	}
	g.Expect(rec.Events()).To(HaveLen(2))
}

func TestBreadcrumb(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	fields := map[string]any{"ms": 1500}
	r := logrecord.Record{Level: raven.LevelWarning, Message: "slow", Fields: fields, Err: errors.New("a timeout")}
	r.Breadcrumb(t.Context(), client)
	client.CaptureMessage(t.Context(), "m")

	g := NewWithT(t)
	crumb := sentrytest.RequireEvent(t, rec).Breadcrumbs[0]
	g.Expect(crumb.Category).To(Equal("log"), "without a logger's name")
	g.Expect(crumb.Level).To(Equal("warning"))
	g.Expect(crumb.Data).To(Equal(map[string]any{"ms": 1500.0, "error": "a timeout"}))
	g.Expect(fields).To(HaveLen(1), "the caller's map is as it was")
}

// logged stands for a function of a logging library.
//
//go:noinline
func logged(find func() []uintptr) []uintptr { return find() }

func innermost(pcs []uintptr) string {
	if len(pcs) == 0 {
		return ""
	}
	frame, _ := runtime.CallersFrames(pcs).Next()
	return frame.Function[strings.LastIndexByte(frame.Function, '.')+1:]
}

func TestCallersBeginWhereItWasLogged(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var called, returns []uintptr
	logged(func() []uintptr {
		var pcs [1]uintptr
		runtime.Callers(3, pcs[:]) // the test, as a library finds it
		returns = logrecord.CallersFrom(pcs[0])
		called = logrecord.CallersFrom(pcs[0] - 1) // the address of the call, as in runtime.Frame
		return nil
	})
	g.Expect(innermost(returns)).To(Equal("TestCallersBeginWhereItWasLogged"))
	g.Expect(innermost(called)).To(Equal("TestCallersBeginWhereItWasLogged"))
	g.Expect(logrecord.CallersFrom(0)).To(BeNil())
	g.Expect(logrecord.CallersFrom(1)).To(BeNil(), "an address that is not on the stack")

	here := logged(func() []uintptr {
		return logrecord.CallersOutside("github.com/ravenkit/ravenkit/raven/internal/logrecord.",
			"github.com/ravenkit/ravenkit/raven/internal/logrecord_test.TestCallersBeginWhereItWasLogged.func",
			"github.com/ravenkit/ravenkit/raven/internal/logrecord_test.logged")
	})
	g.Expect(innermost(here)).To(Equal("TestCallersBeginWhereItWasLogged"))
}

func TestTheClientsOwnRecords(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var pcs [1]uintptr
	runtime.Callers(1, pcs[:])
	g.Expect(logrecord.IsOwn(pcs[0])).To(BeFalse(), "a test is no part of the client")
	g.Expect(logrecord.IsOwn(0)).To(BeFalse())
}
