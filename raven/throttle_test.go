package raven_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		c, rec := newRecorded(t, testDSN, raven.Throttle(2, time.Minute))
		capture := func(n int) (passed int) {
			for range n {
				if c.CaptureMessage(t.Context(), "disk full") != "" {
					passed++
				}
			}
			return passed
		}
		suppressed := func() any { return eventOf(t, rec.all()[len(rec.all())-1]).at("extra", "suppressed") }
		g.Expect(capture(5)).To(Equal(2))
		g.Expect(suppressed()).To(BeNil())
		time.Sleep(time.Minute - time.Nanosecond)
		g.Expect(capture(1)).To(Equal(0), "the window is not over")
		time.Sleep(time.Nanosecond)
		g.Expect(capture(1)).To(Equal(1))
		g.Expect(suppressed()).To(Equal(4.0))
		g.Expect(capture(2)).To(Equal(1))
		g.Expect(suppressed()).To(BeNil(), "said once")
		time.Sleep(time.Hour)
		g.Expect(c.Close(t.Context())).To(Succeed(), "it was on purpose")
		g.Expect(c.Stats()).To(Equal(raven.Stats{Captured: 9, Delivered: 4, Throttled: 5}), "also events that no later event counts")
	})
}

func TestThrottleFingerprints(t *testing.T) {
	here := func(c *raven.Client, err error) string { return c.CaptureException(t.Context(), err) }
	there := func(c *raven.Client, err error) string { return c.CaptureException(t.Context(), err) }
	message := func(text string, opts ...raven.CaptureOption) func(*raven.Client) string {
		return func(c *raven.Client) string { return c.CaptureMessage(t.Context(), text, opts...) }
	}
	path := func(name string) error { return &fs.PathError{Op: "open", Path: name, Err: io.EOF} }
	for _, tt := range []struct {
		name          string
		first, second func(*raven.Client) string
		same          bool
	}{
		{"errors of a type and a place", func(c *raven.Client) string { return here(c, path("a")) }, func(c *raven.Client) string { return here(c, path("b")) }, true},
		{"errors of two types", func(c *raven.Client) string { return here(c, path("a")) }, func(c *raven.Client) string { return here(c, gone{"a"}) }, false},
		{"errors of two places", func(c *raven.Client) string { return here(c, path("a")) }, func(c *raven.Client) string { return there(c, path("a")) }, false},
		{"a message with parameters", message("%d left", raven.Params{1}), message("%d left", raven.Params{2}), true},
		{"two messages", message("1 left"), message("2 left"), false},
		{"a fingerprint", message("1 left", raven.Fingerprint{"left"}), message("2 left", raven.Fingerprint{"left"}), true},
		{"two fingerprints", message("left", raven.Fingerprint{"a", "b"}), message("left", raven.Fingerprint{"ab"}), false},
		{"a fingerprint that adds to the usual one", message("1 left", raven.Fingerprint{"{{ default }}", "x"}), message("2 left", raven.Fingerprint{"{{ default }}", "x"}), false},
		{
			"frames of the caller's", func(c *raven.Client) string { return c.Capture(t.Context(), given("f", "lib1")) },
			func(c *raven.Client) string { return c.Capture(t.Context(), given("f", "lib2")) }, true,
		},
		{
			"frames of an error within", func(c *raven.Client) string { return c.Capture(t.Context(), within(given("f", "lib"))) },
			func(c *raven.Client) string { return c.Capture(t.Context(), within(given("g", "lib"))) }, false,
		},
		{
			"other frames of the caller's", func(c *raven.Client) string { return c.Capture(t.Context(), given("f", "lib")) },
			func(c *raven.Client) string { return c.Capture(t.Context(), given("g", "lib")) }, false,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			c, _ := newRecorded(t, testDSN, raven.Throttle(1, time.Hour))
			g.Expect(tt.first(c)).NotTo(BeEmpty())
			g.Expect(tt.second(c) == "").To(Equal(tt.same))
		})
	}
}

// given is an event with the stack of an in-app function that called a library.
func given(function, library string) *raven.Event {
	return &raven.Event{Exceptions: []raven.Exception{{Type: "T", Stacktrace: &raven.Stacktrace{Frames: []raven.Frame{
		{Function: "main"}, {Function: function, InApp: true}, {Function: library},
	}}}}}
}

// within wraps the error of an event in one without a stack.
func within(ev *raven.Event) *raven.Event {
	ev.Exceptions = append(ev.Exceptions, raven.Exception{Type: "Wrapper"})
	return ev
}

func TestThrottleAndBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		c, rec := newRecorded(t, testDSN, quiet, raven.Throttle(1, time.Second))
		capture := func() string { return c.CaptureMessage(t.Context(), "x") }
		capture()
		g.Expect(capture()).To(BeEmpty())
		rec.answer = answerWith("", errDown)
		_, err := c.Deliver(t.Context(), &raven.Event{Message: "y"})
		g.Expect(err).To(MatchError(errDown))
		time.Sleep(time.Second)
		g.Expect(capture()).NotTo(BeEmpty())
		g.Expect(c.Stats().Backoff).To(Equal(uint64(1)))
		rec.answer = nil
		time.Sleep(time.Minute)
		capture()
		g.Expect(eventOf(t, rec.all()[2]).at("extra", "suppressed")).To(Equal(1.0), "not lost with the event that was to say it")
	})
}

func TestThrottleAndEventsThatAreTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		c, rec := newRecorded(t, testDSN, quiet, raven.Throttle(1, time.Second))
		capture := func(threads int) string {
			return c.Capture(t.Context(), &raven.Event{Message: "x", Threads: make([]raven.Thread, threads)})
		}
		capture(0)
		g.Expect(capture(0)).To(BeEmpty())
		time.Sleep(time.Second)
		capture(100_000)
		g.Expect(c.Stats().TooLarge).To(Equal(uint64(1)))
		time.Sleep(time.Second)
		capture(0)
		g.Expect(eventOf(t, rec.all()[1]).at("extra", "suppressed")).To(Equal(1.0), "not lost with the event that was to say it")
	})
}

func TestThrottleForgetsWhatIsRare(t *testing.T) {
	g := NewWithT(t)
	c, _ := newRecorded(t, testDSN, raven.Throttle(1, time.Hour))
	capture := func(i int) string { return c.CaptureMessage(t.Context(), fmt.Sprint("message ", i)) }
	for i := range 1000 {
		capture(i)
	}
	g.Expect(capture(0)).To(BeEmpty(), "known, and now the latest")
	g.Expect(capture(1000)).NotTo(BeEmpty())
	g.Expect(capture(0)).To(BeEmpty())
	g.Expect(capture(1)).NotTo(BeEmpty(), "it had to make room")
}

func TestBadThrottles(t *testing.T) {
	_, err := raven.New(testDSN, raven.Throttle(0, time.Second), raven.Throttle(1, 0))
	NewWithT(t).Expect(errors.Unwrap(err)).To(BeNil())
	NewWithT(t).Expect(err).To(MatchError(And(
		ContainSubstring("raven: Throttle(0, 1s): want at least 1 event in a time longer than 0"),
		ContainSubstring("raven: Throttle(1, 0s): want"),
	)))
}
