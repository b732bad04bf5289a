package raven_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

var errDown = &transport.APIError{Status: 500, Message: "down"}

func answerWith(id string, err error) func(*transport.Packet) (*transport.Response, error) {
	return func(*transport.Packet) (*transport.Response, error) {
		if err != nil {
			return nil, err
		}
		return &transport.Response{Status: 200, EventID: id}, nil
	}
}

func TestDeliver(t *testing.T) {
	for _, kind := range []string{"blocking", "queued"} {
		t.Run(kind, func(t *testing.T) {
			g := NewWithT(t)
			q := new(queue)
			tr, rec := transport.Transport(q), &q.recorder
			if kind == "blocking" {
				rec = new(recorder)
				tr = rec
			}
			c := newOver(t, tr, testDSN)
			id, err := c.Deliver(t.Context(), &raven.Event{Message: "x"}, raven.Tags{"k": "v"})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(id).To(Equal(rec.all()[0].EventID), "the server returned no id")
			g.Expect(only(t, rec).at("tags", "k")).To(Equal("v"))
			g.Expect(rec.sends).To(Equal(1), "past the queue")

			const given = "0123456789abcdef0123456789abcdef"
			rec.answer = answerWith(given, nil)
			g.Expect(c.Deliver(t.Context(), nil)).To(Equal(given))
			for _, nonsense := range []string{"fromserver", given + "\x1b[2J", given[:31] + "\x1b"} {
				rec.answer = answerWith(nonsense, nil)
				g.Expect(c.Deliver(t.Context(), nil)).To(MatchRegexp("^[0-9a-f]{32}$"))
				g.Expect(c.LastEventID()).NotTo(Equal(given))
			}

			rec.answer = answerWith("", errDown)
			id, err = c.Deliver(t.Context(), &raven.Event{Message: "x"})
			g.Expect(err).To(BeIdenticalTo(errDown))
			g.Expect(id).To(Equal(c.LastEventID()))
		})
	}
}

func TestDefaultLogger(t *testing.T) {
	g := NewWithT(t)
	var logged bytes.Buffer
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	c, rec := newRecorded(t, testDSN)
	rec.answer = answerWith("", errDown)
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	c.CaptureMessage(t.Context(), "x")
	g.Expect(logged.String()).To(ContainSubstring("down"))
}

func TestRaiseSendErrors(t *testing.T) {
	for _, kind := range []string{"blocking", "queued"} {
		t.Run(kind, func(t *testing.T) {
			g := NewWithT(t)
			q := new(queue)
			tr, rec := transport.Transport(q), &q.recorder
			if kind == "blocking" {
				rec = new(recorder)
				tr = rec
			}
			var raised []*raven.SendError
			var logged bytes.Buffer
			c := newOver(t, tr, testDSN, raven.WithRaiseSendErrors(func(e *raven.SendError) { raised = append(raised, e) }),
				raven.WithLogger(slog.New(slog.NewTextHandler(&logged, nil))))
			c.CaptureMessage(t.Context(), "fine")
			g.Expect(raised).To(BeEmpty())
			rec.answer = answerWith("", errDown)
			id := c.CaptureException(t.Context(), errors.New("x"))
			g.Expect(raised).To(HaveLen(1), "before the capture returned")
			g.Expect(raised[0].EventID).To(Equal(id))
			g.Expect(raised[0]).To(MatchError(errDown))
			g.Expect(raised[0].Error()).To(And(ContainSubstring(id), ContainSubstring("down")))
			g.Expect(rec.sends).To(Equal(2), "no queue in between")
			g.Expect(c.Send(t.Context(), &raven.Event{})).To(MatchError(errDown))
			g.Expect(logged.String()).To(BeEmpty())
		})
	}
	t.Run("raise may panic", func(t *testing.T) {
		c, rec := newRecorded(t, testDSN, raven.WithRaiseSendErrors(func(e *raven.SendError) { panic(e) }))
		rec.answer = answerWith("", errDown)
		NewWithT(t).Expect(func() { c.CaptureMessage(t.Context(), "x") }).To(PanicWith(MatchError(errDown)))
	})
}

func TestSend(t *testing.T) {
	g := NewWithT(t)
	var logged bytes.Buffer
	log := raven.WithLogger(slog.New(slog.NewTextHandler(&logged, nil)))

	rec := &recorder{answer: answerWith("", errDown)}
	g.Expect(newOver(t, rec, testDSN, log).Send(t.Context(), &raven.Event{})).To(MatchError(errDown), "the outcome")

	q := &queue{refuse: transport.ErrQueueFull}
	c := newOver(t, q, testDSN, log)
	g.Expect(c.Send(t.Context(), &raven.Event{})).To(MatchError(transport.ErrQueueFull), "the refusal")
	g.Expect(logged.String()).To(BeEmpty(), "the caller knows")

	q.refuse, q.answer = nil, answerWith("", errDown)
	g.Expect(c.Send(t.Context(), &raven.Event{})).To(Succeed())
	g.Expect(c.Flush(t.Context())).To(MatchError("raven: events lost since the last Flush: 1 (rejected 1)"))
	g.Expect(logged.String()).To(ContainSubstring("down"), "too late for the caller")
}

func TestFlushAndClose(t *testing.T) {
	g := NewWithT(t)
	q := new(queue)
	c := newOver(t, q, testDSN)
	c.CaptureMessage(t.Context(), "x")
	g.Expect(c.Flush(t.Context())).To(Succeed())
	g.Expect(q.flushed).To(Equal(1))
	g.Expect(c.Close(t.Context())).To(Succeed())
	g.Expect(q.closed).To(Equal(1))

	blocking, _ := newRecorded(t, testDSN)
	g.Expect(blocking.Flush(t.Context())).To(Succeed())
}

// wild is a transport that breaks its contract.
type wild struct{}

func (wild) Send(context.Context, *transport.Packet) (*transport.Response, error) {
	panic("wild send")
}

func (wild) SendAsync(context.Context, *transport.Packet, func(*transport.Response, error)) {
	panic("wild queue")
}

func (wild) Flush(context.Context) error { panic("wild flush") }

func (wild) Close(context.Context) error { panic("wild close") }

func TestPanickingTransport(t *testing.T) {
	g := NewWithT(t)
	var logged bytes.Buffer
	c := newOver(t, wild{}, testDSN, raven.WithLogger(slog.New(slog.NewTextHandler(&logged, nil))))
	g.Expect(c.CaptureMessage(t.Context(), "x")).To(HaveLen(32))
	g.Expect(logged.String()).To(ContainSubstring("wild queue"))
	_, err := c.Deliver(t.Context(), nil)
	g.Expect(err).To(MatchError(ContainSubstring("wild send")))
	g.Expect(c.Flush(t.Context())).To(MatchError("raven: events lost since the last Flush: 1 (network 1); the transport panicked: wild flush"))
	g.Expect(c.Close(t.Context())).To(MatchError("raven: the transport panicked: wild close"))
	g.Expect(c.Close(t.Context())).To(MatchError("raven: the transport panicked: wild close"), "again")
}

func TestNilContext(t *testing.T) {
	g := NewWithT(t)
	var none context.Context
	c, rec := newRecorded(t, testDSN)
	g.Expect(c.CaptureMessage(none, "x")).To(HaveLen(32))
	g.Expect(c.Deliver(none, nil)).To(HaveLen(32))
	g.Expect(c.Flush(none)).To(Succeed())
	g.Expect(c.Close(none)).To(Succeed())
	g.Expect(rec.all()).To(HaveLen(2))
}

func TestContextReachesTheTransport(t *testing.T) {
	g := NewWithT(t)
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "here")
	seen := contextual{seen: make(chan any, 2)}
	c := newOver(t, seen, testDSN)
	c.CaptureMessage(ctx, "x")
	_, err := c.Deliver(ctx, nil)
	g.Expect(err).NotTo(HaveOccurred())
	for range 2 {
		g.Expect((<-seen.seen).(context.Context).Value(key{})).To(Equal("here"))
	}
}

type contextual struct{ seen chan any }

func (c contextual) Send(ctx context.Context, _ *transport.Packet) (*transport.Response, error) {
	c.seen <- ctx
	return nil, nil
}
func (contextual) Close(context.Context) error { return nil }
