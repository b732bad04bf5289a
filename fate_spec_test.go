package ravenkit_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

var _ = Describe("The outcome of an event", func() {
	It("is known for every event, by its id", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		srv.Script(
			sentrytest.OK(),
			sentrytest.Status(413),
			sentrytest.Status(403).Header("X-Sentry-Error", "project is gone"),
		)
		var mu sync.Mutex
		observed := map[string]string{}
		client := newClient(dsn(srv, "threaded", "workers", "1"),
			raven.WithIgnore(raven.Is(io.EOF)),
			raven.WithOnOutcome(func(o raven.Outcome) {
				mu.Lock()
				defer mu.Unlock()
				if o.EventID != "" {
					observed[o.EventID] = o.String()
				}
			}))
		taken := client.CaptureMessage(ctx, "taken")
		large := client.CaptureMessage(ctx, "large")
		refused := client.CaptureMessage(ctx, "refused")
		sampled := client.CaptureMessage(ctx, "sampled out", raven.SampleRate(0))
		Expect(client.CaptureException(ctx, io.EOF)).To(BeEmpty(), "ignored")

		var loss *raven.LossError
		Expect(errors.As(client.Flush(within(ctx)), &loss)).To(BeTrue(), "Flush returns the loss")
		Expect(loss.Lost).To(Equal(map[raven.OutcomeKind]uint64{raven.OutcomeTooLarge: 1, raven.OutcomeRejected: 1}))
		Expect(client.Flush(within(ctx))).To(Succeed(), "a loss is reported once")

		ledger, forgotten := client.Ledger()
		Expect(forgotten).To(BeZero())
		Expect(ledger).To(And(Equal(observed), HaveLen(4)))
		Expect(ledger).To(HaveKeyWithValue(taken, "delivered"))
		Expect(ledger).To(HaveKeyWithValue(large, HavePrefix("too_large: 413")))
		Expect(ledger).To(HaveKeyWithValue(refused, "rejected: 403 project is gone"))
		Expect(ledger).To(HaveKeyWithValue(sampled, "sampled"))
		Expect(client.Stats()).To(Equal(raven.Stats{Captured: 5, Delivered: 1, TooLarge: 1, Rejected: 1, Sampled: 1, Ignored: 1}))
	})

	It("is reported to the server after the next event", func(ctx SpecContext) {
		for _, name := range networked {
			srv := sentrytest.NewServer(GinkgoTB())
			client := newClient(dsn(srv, name))
			for range 3 {
				client.CaptureMessage(ctx, "sampled out", raven.SampleRate(0))
			}
			client.CaptureMessage(ctx, "taken")
			Expect(client.Flush(within(ctx))).To(Succeed())
			Expect(srv.Envelopes()).To(HaveLen(1))
			reports := srv.Envelopes()[0].ItemsOfType("client_report")
			Expect(reports).To(HaveLen(1))
			var report struct {
				Discarded json.RawMessage `json:"discarded_events"`
			}
			Expect(json.Unmarshal(reports[0].Payload, &report)).To(Succeed())
			Expect(report.Discarded).To(MatchJSON(`[{"reason":"sample_rate","category":"error","quantity":3}]`))
			sentrytest.RequireEvent(GinkgoTB(), srv, sentrytest.HasMessage("taken"))
		}
	})
})

var _ = Describe("While sending fails", func() {
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusForbidden} {
		It("a server that answers "+http.StatusText(status)+" gets no further event", func(ctx SpecContext) {
			srv := sentrytest.NewServer(GinkgoTB())
			step := sentrytest.Status(status)
			if status == http.StatusTooManyRequests {
				// Errors are not limited.
				step = step.RateLimits("3600:transaction:key")
			}
			// After so many failures the wait is long enough for a slow
			// machine.
			const failures = 6
			srv.Script(step.Times(failures))
			client := newClient(dsn(srv, "sync"))
			Expect(client.State().Status).To(Equal(raven.StatusOnline))
			before := time.Now()
			client.CaptureMessage(ctx, "fails")
			for range failures - 1 {
				_, err := client.Deliver(ctx, &raven.Event{Message: "tries all the same"})
				Expect(err).To(HaveOccurred())
			}
			Expect(client.State().Status).To(Equal(raven.StatusError))
			Expect(client.State().RetryNumber).To(Equal(failures))
			Expect(client.State().Until).To(BeTemporally(">=", before.Add(36*time.Second)))

			id := client.CaptureMessage(ctx, "held back")
			Expect(id).To(And(HaveLen(32), Equal(client.LastEventID())))
			Expect(srv.Requests()).To(HaveLen(failures))
			Expect(client.Stats().Backoff).To(Equal(uint64(1)))
			var dropped *raven.DroppedError
			Expect(errors.As(client.Send(ctx, &raven.Event{Message: "held back, too"}), &dropped)).To(BeTrue())
			Expect(dropped.Outcome.Kind).To(Equal(raven.OutcomeBackoff))

			_, err := client.Deliver(ctx, &raven.Event{Message: "cannot wait"})
			Expect(err).NotTo(HaveOccurred())
			Expect(client.State().Status).To(Equal(raven.StatusOnline), "the server works again")
			client.CaptureMessage(ctx, "as ever")
			Expect(srv.Events()).To(HaveLen(2))
		})
	}

	It("continues with the next event if the server refused one event's content", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		srv.Script(sentrytest.Status(413), sentrytest.Status(400))
		client := newClient(dsn(srv, "sync"))
		for _, message := range []string{"large", "strange", "fine"} {
			client.CaptureMessage(ctx, message)
		}
		Expect(client.State().Status).To(Equal(raven.StatusOnline))
		sentrytest.RequireEvent(GinkgoTB(), srv, sentrytest.HasMessage("fine"))
	})

	It("is left to the program with WithRaiseSendErrors", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		srv.Script(sentrytest.Status(500).Times(2))
		var raised []*raven.SendError
		client := newClient(dsn(srv, "sync"), raven.WithRaiseSendErrors(func(e *raven.SendError) { raised = append(raised, e) }))
		for range 3 {
			client.CaptureMessage(ctx, "x")
		}
		Expect(raised).To(HaveLen(2))
		Expect(client.State().Status).To(Equal(raven.StatusOnline))
		Expect(srv.Events()).To(HaveLen(1))
	})
})

var _ = Describe("Repeated events", func() {
	It("are throttled, and the next one has their number", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		client := newClient(dsn(srv, "threaded"), raven.Throttle(2, 50*time.Millisecond))
		same := func() string {
			return client.CaptureMessage(ctx, "disk %d full", raven.Params{client.Stats().Captured})
		}
		// Some events may pass meanwhile.
		for client.Stats().Throttled < 3 {
			same()
		}
		sentrytest.RequireEvent(GinkgoTB(), srv, sentrytest.HasMessage("disk 0 full"))
		Expect(client.CaptureMessage(ctx, "another thing")).NotTo(BeEmpty())

		Eventually(ctx, same).ShouldNot(BeEmpty())
		Expect(client.Flush(within(ctx))).To(Succeed(), "throttled events are no loss")
		var told float64
		for _, e := range srv.Events() {
			if n, ok := e.Extra["suppressed"].(float64); ok {
				told += n
			}
		}
		Expect(told).To(BeNumerically("==", client.Stats().Throttled))
	})
})

var _ = Describe("A client that hung up", func() {
	It("is not an event, unless the program chooses otherwise", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		client := newClient(dsn(srv, "sync"))
		Expect(client.CaptureException(ctx, http.ErrAbortHandler)).To(BeEmpty())
		Expect(client.Stats().Ignored).To(Equal(uint64(1)))

		client = newClient(dsn(srv, "sync"), raven.WithDefaultIgnores(false), raven.WithIgnore(raven.As[*transport.DSNError](), raven.Named("fs.*")))
		Expect(client.CaptureException(ctx, http.ErrAbortHandler)).NotTo(BeEmpty())
		_, err := transport.ParseDSN("nonsense")
		Expect(client.CaptureException(ctx, err)).To(BeEmpty())
	})
})
