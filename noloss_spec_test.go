package ravenkit_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// failure is a test that records its failure.
type failure struct {
	sentrytest.TB
	text string
}

func (f *failure) Fatalf(format string, args ...any) { f.text = fmt.Sprintf(format, args...) }

var _ = Describe("A test that requires no loss", func() {
	It("fails with each event that a client lost, and the reason", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		srv.Script(sentrytest.OK(), sentrytest.Status(http.StatusBadRequest), sentrytest.Status(http.StatusServiceUnavailable).Times(3))
		client := newClient(dsn(srv, "sync"), raven.Throttle(1, time.Hour))
		taken := client.CaptureMessage(ctx, "taken")
		refused := client.CaptureMessage(ctx, "refused")
		var failing string
		for i := range 3 { // until the wait is long
			failing, _ = client.Deliver(ctx, &raven.Event{Message: fmt.Sprint("fails ", i)})
		}
		heldBack := client.CaptureMessage(ctx, "held back")
		sampled := client.CaptureMessage(ctx, "sampled out", raven.SampleRate(0))
		Expect(client.CaptureMessage(ctx, "taken")).To(BeEmpty(), "throttled")

		test := &failure{TB: GinkgoTB()}
		sentrytest.RequireNoLoss(test, client, srv)
		Expect(test.text).To(And(
			ContainSubstring(refused), ContainSubstring("rejected: 400"),
			ContainSubstring(failing), ContainSubstring("rejected: 503"),
			ContainSubstring(heldBack), ContainSubstring("backoff"),
		))
		Expect(test.text).NotTo(Or(ContainSubstring(taken), ContainSubstring(sampled), ContainSubstring("throttled:")))
	})

	It("fails if the client has no ledger", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		srv.Script(sentrytest.Status(http.StatusForbidden).Times(3))
		client := newClient(dsn(srv, "sync"), raven.WithLedger(0), raven.WithRaiseSendErrors(func(*raven.SendError) {}))
		for range 3 {
			client.CaptureMessage(ctx, "refused")
		}
		test := &failure{TB: GinkgoTB()}
		sentrytest.RequireNoLoss(test, client, srv)
		Expect(test.text).To(ContainSubstring("has forgotten what became of 3 older events: let it remember more, with raven.WithLedger(3)"))
	})

	It("passes if everything arrived, even if events were dropped on purpose", func(ctx SpecContext) {
		for _, name := range networked {
			srv := sentrytest.NewServer(GinkgoTB())
			client := newClient(dsn(srv, name), raven.WithBeforeSend(func(_ context.Context, ev *raven.Event) *raven.Event {
				if ev.Message == "nobody's business" {
					return nil
				}
				return ev
			}))
			for i := range 20 {
				client.CaptureMessage(ctx, fmt.Sprint("message ", i))
			}
			client.CaptureMessage(ctx, "nobody's business")
			client.CaptureMessage(ctx, "sampled out", raven.SampleRate(0))
			sentrytest.RequireNoLoss(GinkgoTB(), client, srv)
			Expect(srv.Events()).To(HaveLen(20))
		}
	})
})
