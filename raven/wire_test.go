package raven_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// connect returns a client that reports to a server of its own, by the
// transport and the options that the DSN names.
func connect(t *testing.T, opts []raven.Option, dsn ...sentrytest.DSNOption) (*raven.Client, *sentrytest.Server) {
	t.Helper()
	srv := sentrytest.NewServer(t)
	c, err := raven.New(srv.DSN(dsn...), opts...)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		NewWithT(t).Expect(c.Close(ctx)).To(Succeed())
	})
	return c, srv
}

func TestOverTheWire(t *testing.T) {
	for _, protocol := range []string{"envelope", "store"} {
		for _, scheme := range []string{"sync", "threaded"} {
			for _, compression := range []string{"gzip", "deflate", "none"} {
				t.Run(protocol+" "+scheme+" "+compression, func(t *testing.T) {
					t.Parallel()
					g := NewWithT(t)
					c, srv := connect(t, []raven.Option{raven.WithRelease("1.2.3")},
						sentrytest.DSNScheme(scheme), sentrytest.DSNParam("protocol", protocol), sentrytest.DSNParam("compression", compression))
					c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: "before"})
					id := c.CaptureException(t.Context(), fmt.Errorf("read: %w", io.EOF), raven.Tags{"shard": "7"}, raven.Extra{"n": 1}, raven.LevelFatal, raven.User{ID: "u"})
					ev := sentrytest.RequireEvent(t, srv, sentrytest.HasEventID(id))
					g.Expect(ev.Problems).To(BeEmpty())
					g.Expect(ev.Exceptions).To(HaveLen(2))
					g.Expect(ev.Exceptions[1].Type).To(Equal("raven_test.TestOverTheWire"))
					g.Expect(ev.Exceptions[1].Mechanism.Data).To(HaveKeyWithValue("go_type", "*fmt.wrapError"))
					g.Expect(ev.Exceptions[0].Value).To(Equal("EOF"))
					g.Expect(ev.Level).To(Equal("fatal"))
					g.Expect(ev.Tags).To(HaveKeyWithValue("shard", "7"))
					g.Expect(ev.Release).To(Equal("1.2.3"))
					g.Expect(ev.Platform).To(Equal("go"))
					g.Expect(ev.SDK.Name).To(Equal("raven.go"))
					g.Expect(ev.Breadcrumbs).To(HaveLen(1))
					g.Expect(ev.User.ID).To(Equal("u"))
					g.Expect(ev.Timestamp).To(BeTemporally("~", time.Now(), time.Minute))
					g.Expect(srv.Rejected()).To(BeEmpty())
				})
			}
		}
	}
}

func TestDeliverOverTheWire(t *testing.T) {
	for _, scheme := range []string{"sync", "threaded"} {
		t.Run(scheme, func(t *testing.T) {
			g := NewWithT(t)
			c, srv := connect(t, nil, sentrytest.DSNScheme(scheme))
			id, err := c.Deliver(t.Context(), &raven.Event{Message: "now"})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(srv.Events()).To(HaveLen(1), "there when Deliver returns")
			g.Expect(srv.Events()[0].EventID).To(Equal(id))

			srv.Script(sentrytest.Status(400))
			_, err = c.Deliver(t.Context(), &raven.Event{Message: "refused"})
			var refused *transport.APIError
			g.Expect(errors.As(err, &refused)).To(BeTrue(), "%v", err)
			g.Expect(refused.Status).To(Equal(400))
		})
	}
}

func TestRaiseOverTheWire(t *testing.T) {
	for _, scheme := range []string{"sync", "threaded"} {
		t.Run(scheme, func(t *testing.T) {
			g := NewWithT(t)
			var raised []*raven.SendError
			c, srv := connect(t, []raven.Option{raven.WithRaiseSendErrors(func(e *raven.SendError) { raised = append(raised, e) })}, sentrytest.DSNScheme(scheme))
			srv.Script(sentrytest.Status(500))
			id := c.CaptureMessage(t.Context(), "x")
			g.Expect(raised).To(HaveLen(1))
			g.Expect(raised[0].EventID).To(Equal(id))

			srv.Script(sentrytest.Hang().Optional())
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			c.CaptureMessage(ctx, "nobody answers")
			g.Expect(raised).To(HaveLen(2), "ctx bounds the wait")
			g.Expect(raised[1]).To(MatchError(context.DeadlineExceeded))
			srv.Down() // ends the request that hangs
		})
	}
}

func TestFlushOverTheWire(t *testing.T) {
	g := NewWithT(t)
	c, srv := connect(t, nil)
	for i := range 50 {
		c.CaptureMessage(t.Context(), fmt.Sprint("message ", i))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	g.Expect(c.Flush(ctx)).To(Succeed())
	g.Expect(srv.Events()).To(HaveLen(50))
	g.Expect(c.Close(ctx)).To(Succeed())
	g.Expect(c.Send(ctx, &raven.Event{Message: "late"})).To(MatchError(transport.ErrClosed))
	g.Expect(c.CaptureMessage(ctx, "late")).To(HaveLen(32))
}

func TestACaptureForACancelledRequestIsDelivered(t *testing.T) {
	for _, scheme := range []string{"sync", "threaded"} {
		t.Run(scheme, func(t *testing.T) {
			g := NewWithT(t)
			c, srv := connect(t, nil, sentrytest.DSNScheme(scheme))
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			c.CaptureException(ctx, errors.New("half done"))
			sentrytest.RequireEvent(t, srv, sentrytest.HasException("", "half done"))
			_, err := c.Deliver(ctx, nil)
			g.Expect(err).To(MatchError(context.Canceled), "Deliver obeys")
		})
	}
}
