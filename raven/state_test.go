package raven_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

// attempts captures once and reports whether that reached the transport.
func attempts(t *testing.T, c *raven.Client, rec *recorder) bool {
	t.Helper()
	before := len(rec.all())
	NewWithT(t).Expect(c.CaptureMessage(t.Context(), "x")).To(HaveLen(32), "it has an id in any case")
	return len(rec.all()) > before
}

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		c, rec := newRecorded(t, testDSN, quiet)
		g.Expect(c.State()).To(Equal(raven.State{Status: raven.StatusOnline}))
		rec.answer = answerWith("", errDown)
		g.Expect(attempts(t, c, rec)).To(BeTrue())
		for i, seconds := range []int{1, 4, 9, 16, 25, 36, 36} {
			wait := time.Duration(seconds) * time.Second
			state := c.State()
			g.Expect(state).To(Equal(raven.State{Status: raven.StatusError, RetryNumber: i + 1, Until: time.Now().Add(wait), Err: errDown}))
			g.Expect(attempts(t, c, rec)).To(BeFalse())
			time.Sleep(wait)
			g.Expect(attempts(t, c, rec)).To(BeFalse(), "after %s exactly", wait)
			time.Sleep(time.Nanosecond)
			g.Expect(attempts(t, c, rec)).To(BeTrue())
		}
		rec.answer = nil
		time.Sleep(37 * time.Second)
		g.Expect(attempts(t, c, rec)).To(BeTrue())
		g.Expect(c.State()).To(Equal(raven.State{Status: raven.StatusOnline}))
		g.Expect(attempts(t, c, rec)).To(BeTrue())

		rec.answer = answerWith("", errDown)
		attempts(t, c, rec)
		g.Expect(c.State().RetryNumber).To(Equal(1), "it starts again")
		g.Expect(c.State().String()).To(Equal("error: 1 failed in a row, trying again after " + c.State().Until.Format(time.RFC3339) + ": " + errDown.Error()))
		g.Expect(raven.State{}.String()).To(Equal("online"))
	})
}

func TestRetryAfter(t *testing.T) {
	for _, tt := range []struct {
		name       string
		retryAfter time.Duration
		wait       time.Duration
	}{
		{"as asked for", 5 * time.Second, 5 * time.Second},
		{"for a day", 24 * time.Hour, time.Hour},
		{"until the year 9999", math.MaxInt64, time.Hour},
		{"not given", 0, time.Second},
		{"in the past", -3 * time.Second, -3 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				c, rec := newRecorded(t, testDSN, quiet)
				rec.answer = answerWith("", &transport.RateLimitedError{RetryAfter: tt.retryAfter})
				attempts(t, c, rec)
				g.Expect(c.State().Until).To(Equal(time.Now().Add(tt.wait)))
				g.Expect(attempts(t, c, rec)).To(Equal(tt.wait < 0))
				time.Sleep(tt.wait + time.Nanosecond)
				rec.answer = nil
				g.Expect(attempts(t, c, rec)).To(BeTrue())
				g.Expect(c.State().Status).To(Equal(raven.StatusOnline))
			})
		})
	}
}

func TestWhoPassesTheBackoff(t *testing.T) { synctest.Test(t, whoPassesTheBackoff) }

func whoPassesTheBackoff(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN, quiet)
	rec.answer = answerWith("", errDown)
	_, err := c.Deliver(t.Context(), nil)
	g.Expect(err).To(MatchError(errDown))
	g.Expect(c.State().RetryNumber).To(Equal(1))
	_, err = c.Deliver(t.Context(), nil)
	g.Expect(err).To(MatchError(errDown), "tried at once")
	g.Expect(c.State().RetryNumber).To(Equal(2))

	err = c.Send(t.Context(), &raven.Event{Message: "x"})
	var dropped *raven.DroppedError
	g.Expect(errors.As(err, &dropped)).To(BeTrue())
	g.Expect(dropped.Outcome.Kind).To(Equal(raven.OutcomeBackoff))
	g.Expect(err).To(MatchError(errDown), "the cause")
	g.Expect(err.Error()).To(MatchRegexp(`^raven: event [0-9a-f]{32} was dropped: nothing is sent until after \S+, since sending failed: transport: server refused`))
	g.Expect(rec.all()).To(HaveLen(2))

	rec.answer = nil
	g.Expect(c.Deliver(t.Context(), nil)).To(HaveLen(32))
	g.Expect(c.State().Status).To(Equal(raven.StatusOnline))

	var raised []*raven.SendError
	c, rec = newRecorded(t, testDSN, quiet, raven.WithRaiseSendErrors(func(e *raven.SendError) { raised = append(raised, e) }))
	rec.answer = answerWith("", errDown)
	for range 3 {
		g.Expect(attempts(t, c, rec)).To(BeTrue())
	}
	g.Expect(raised).To(HaveLen(3))
	g.Expect(c.Send(t.Context(), &raven.Event{})).To(MatchError(errDown))
	g.Expect(c.State().Status).To(Equal(raven.StatusOnline))
}

// After Close a pause of the client has no effect.
func TestAfterCloseDuringABackoff(t *testing.T) {
	g := NewWithT(t)
	for _, tr := range []transport.Transport{down(), &queue{recorder: recorder{answer: answerWith("", errDown)}}} {
		var last raven.Outcome
		c := newOver(t, tr, testDSN, quiet, raven.WithOnOutcome(func(o raven.Outcome) { last = o }))
		c.CaptureMessage(t.Context(), "fails")
		g.Expect(c.Flush(t.Context())).NotTo(Succeed())
		g.Expect(c.Close(t.Context())).To(Succeed())
		g.Expect(c.State().Status).To(Equal(raven.StatusError))

		g.Expect(c.CaptureMessage(t.Context(), "too late")).To(Equal(last.EventID))
		g.Expect(last.Kind).To(Equal(raven.OutcomeClosed))
		g.Expect(last.Err).To(MatchError(transport.ErrClosed))
		g.Expect(c.Send(t.Context(), &raven.Event{})).To(MatchError(transport.ErrClosed))
	}
}

func TestACallersHasteIsNoFailure(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN, quiet)
	ctx, cancel := context.WithCancel(t.Context())
	rec.answer = func(*transport.Packet) (*transport.Response, error) {
		cancel()
		return nil, &transport.NetworkError{Host: "h", Err: ctx.Err()}
	}
	_, err := c.Deliver(ctx, nil)
	g.Expect(err).To(MatchError(context.Canceled))
	g.Expect(c.State().Status).To(Equal(raven.StatusOnline))
	g.Expect(c.Stats().Network).To(Equal(uint64(1)))
}
