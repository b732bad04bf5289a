package raven_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

//go:noinline
func explode(v any) { panic(v) }

//go:noinline
func divide(by int) { quotient = 1 / by }

var quotient int

//go:noinline
func assign(m map[string]int) { m["x"] = 1 }

func TestRecover(t *testing.T) {
	cause := errors.New("cause")
	for _, tt := range []struct {
		name       string
		panics     func()
		typ, value any
		module     any
		exceptions int
		top        string
		goType     any
	}{
		{"string", func() { explode("boom") }, "raven_test.explode", "boom", "github.com/ravenkit/ravenkit/raven_test", 1, "explode", "string"},
		{"error", func() { explode(fmt.Errorf("outer: %w", cause)) }, "raven_test.explode", "outer: cause", "github.com/ravenkit/ravenkit/raven_test", 2, "explode", "*fmt.wrapError"},
		{"number", func() { explode(42) }, "raven_test.explode", "42", "github.com/ravenkit/ravenkit/raven_test", 1, "explode", "int"},
		{"named string", func() { explode(named("x")) }, "raven_test.named", "x", "github.com/ravenkit/ravenkit/raven_test", 1, "explode", nil},
		{"map", func() { explode(map[string]int{"a": 1}) }, "raven_test.explode", `{"a":1}`, "github.com/ravenkit/ravenkit/raven_test", 1, "explode", "map[string]int"},
		{"Stringer", func() { explode(&onPtr{1}) }, "*raven_test.onPtr", "ptr 1", "github.com/ravenkit/ravenkit/raven_test", 1, "explode", nil},
		{"panicking Stringer", func() { explode(panicky{}) }, "raven_test.panicky", "<raven_test.panicky: String panicked: oh no>", "github.com/ravenkit/ravenkit/raven_test", 1, "explode", nil},
		{"nil", func() { explode(nil) }, "*runtime.PanicNilError", new(runtime.PanicNilError).Error(), "runtime", 1, "explode", nil},
		{"nil pointer in an interface", func() { explode((*net.AddrError)(nil)) }, "*net.AddrError", "<nil>", "net", 1, "explode", nil},
		{"fault", func() { divide(0) }, "runtime.Error", "runtime error: integer divide by zero", "runtime", 1, "divide", nil},
		{"nil map", func() { assign(nil) }, "runtime.Error", "assignment to entry in nil map", "runtime", 1, "assign", "runtime.plainError"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			c, rec := newRecorded(t, testDSN)
			g.Expect(func() {
				defer c.Recover(t.Context(), raven.Tags{"k": "v"})
				tt.panics()
			}).NotTo(Panic())
			ev := only(t, rec)
			g.Expect(ev["level"]).To(Equal("fatal"))
			g.Expect(ev.at("tags", "k")).To(Equal("v"))
			g.Expect(ev.at("exception", "values")).To(HaveLen(tt.exceptions))
			x := object(ev.at("exception", "values", -1).(map[string]any))
			g.Expect(x["type"]).To(Equal(tt.typ))
			if tt.name == "fault" { // Go has changed the type's name before
				g.Expect(x.at("mechanism", "data", "go_type")).To(HavePrefix("runtime."))
			} else {
				g.Expect(x.at("mechanism", "data", "go_type")).To(equalOrNil(tt.goType))
			}
			g.Expect(x["value"]).To(Equal(tt.value))
			g.Expect(x["module"]).To(equalOrNil(tt.module))
			g.Expect(x.at("mechanism", "type")).To(Equal("panic"))
			g.Expect(x.at("mechanism", "handled")).To(BeFalse())
			g.Expect(x.at("stacktrace", "frames", -1, "function")).To(Equal(tt.top))
		})
	}
}

func TestRecoverThroughTheInterface(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	var reporter raven.Reporter = c
	func() {
		defer reporter.Recover(t.Context())
		explode("x")
	}()
	g.Expect(only(t, rec).at("exception", "values", 0, "stacktrace", "frames", -1, "function")).To(Equal("explode"))
}

func TestRecoverTakesTheLatestPanic(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	func() {
		defer c.Recover(t.Context())
		defer func() { divide(0) }()
		explode("first")
	}()
	ev := only(t, rec)
	g.Expect(ev.at("exception", "values", -1, "value")).To(ContainSubstring("divide by zero"))
	g.Expect(ev.at("exception", "values", -1, "stacktrace", "frames", -1, "function")).To(Equal("divide"))
}

func TestRecoverWithoutPanic(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	func() { defer c.Recover(t.Context()) }()

	var wg sync.WaitGroup
	after := false
	wg.Go(func() {
		defer c.Recover(t.Context())
		runtime.Goexit()
		after = true
	})
	wg.Wait()
	g.Expect(after).To(BeFalse())
	g.Expect(rec.all()).To(BeEmpty())
}

func TestErrAbortHandlerGoesOn(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	for _, r := range []raven.Reporter{c, raven.Discard} {
		g.Expect(func() {
			defer r.Recover(t.Context())
			panic(http.ErrAbortHandler)
		}).To(PanicWith(BeIdenticalTo(http.ErrAbortHandler)))
	}
	g.Expect(rec.all()).To(BeEmpty())
	func() {
		defer c.Recover(t.Context())
		panic(fmt.Errorf("wrapped: %w", http.ErrAbortHandler))
	}()
	g.Expect(rec.all()).To(HaveLen(1), "a panic of the program's own")
}
