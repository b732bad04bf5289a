package ravenkit_test

import (
	"context"
	"errors"
	"net"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// timedOut checks for a failure by the timeout option: the context of the spec
// has not ended.
func timedOut(ctx context.Context, err error) {
	GinkgoHelper()
	Expect(ctx.Err()).NotTo(HaveOccurred())
	Expect(err).To(MatchError(context.DeadlineExceeded))
	var n net.Error
	Expect(errors.As(err, &n)).To(BeTrue())
	Expect(n.Timeout()).To(BeTrue())
}

var _ = Describe("A failed delivery", func() {
	for _, name := range networked {
		// On a busy machine the timeout may be over before the server has seen
		// a request.
		for what, step := range map[string]sentrytest.Step{
			"does not answer":          sentrytest.Hang().Optional(),
			"stalls after the headers": sentrytest.StallBody().Optional(),
		} {
			Context("over "+name+"+http, with a server that "+what, func() {
				It("is a timeout for Deliver", func(ctx SpecContext) {
					srv := sentrytest.NewServer(GinkgoTB())
					srv.Script(step)
					bounded := within(ctx)
					_, err := newClient(dsn(srv, name, "timeout", "0.2")).Deliver(bounded, &raven.Event{Message: "slow"})
					timedOut(bounded, err)
				})
				It("is passed to the function of WithRaiseSendErrors", func(ctx SpecContext) {
					srv := sentrytest.NewServer(GinkgoTB())
					srv.Script(step)
					var raised []*raven.SendError
					client := newClient(dsn(srv, name, "timeout", "0.2"), raven.WithRaiseSendErrors(func(e *raven.SendError) { raised = append(raised, e) }))
					bounded := within(ctx)
					id := client.CaptureMessage(bounded, "slow")
					Expect(raised).To(HaveLen(1), "before the capture returns")
					Expect(raised[0].EventID).To(Equal(id))
					timedOut(bounded, raised[0])
				})
			})
		}
	}

	It("is an error with the server's message", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		srv.Script(
			sentrytest.Status(403).Header("X-Sentry-Error", "project is gone"),
			sentrytest.Redirect(302, "/elsewhere"),
			sentrytest.Status(503),
		)
		client := newClient(dsn(srv, ""))
		for _, want := range []int{403, 302, 503} {
			_, err := client.Deliver(ctx, &raven.Event{Message: "x"})
			var api *transport.APIError
			Expect(errors.As(err, &api)).To(BeTrue())
			Expect(api.Status).To(Equal(want))
			if want == 403 {
				Expect(api.Message).To(Equal("project is gone"))
			}
		}
		Expect(client.Deliver(ctx, &raven.Event{Message: "x"})).NotTo(BeEmpty(), "the script is over")
	})

	It("is not repeated during a rate limit", func(ctx SpecContext) {
		for _, name := range networked {
			srv := sentrytest.NewServer(GinkgoTB())
			srv.Script(sentrytest.Status(429).RetryAfter("3600"))
			client := newClient(dsn(srv, name))
			for _, held := range []bool{false, true, true} {
				_, err := client.Deliver(ctx, &raven.Event{Message: "x"})
				var limited *transport.RateLimitedError
				Expect(errors.As(err, &limited)).To(BeTrue())
				Expect(limited.Held).To(Equal(held))
				Expect(limited.RetryAfter.Seconds()).To(BeNumerically("~", 3600, 60))
			}
			Expect(srv.Requests()).To(HaveLen(1))
		}
	})

	It("is repeated once if a kept connection is dead", func(ctx SpecContext) {
		for _, name := range networked {
			srv := sentrytest.NewServer(GinkgoTB())
			srv.Script(sentrytest.OK(), sentrytest.Reset(), sentrytest.OK(), sentrytest.CloseConn().Times(2))
			// A connection is kept a moment after its answer has been read.
			// With one connection at most, the next delivery waits for it;
			// otherwise it would open another one.
			client := newClient(dsn(srv, name, "max_conns", "1"))
			deliver := func() error {
				_, err := client.Deliver(ctx, &raven.Event{Message: "x"})
				return err
			}
			Expect(deliver()).To(Succeed(), "on a fresh connection")
			Expect(deliver()).To(Succeed(), "the kept one was reset, a fresh one was not")
			var network *transport.NetworkError
			Expect(errors.As(deliver(), &network)).To(BeTrue(), "neither of two connections answered")
			Expect(srv.Events()).To(HaveLen(2))
		}
	})

	It("does not affect the program that captures", func(ctx SpecContext) {
		for _, name := range networked {
			client := newClient(name2dsn(name))
			Expect(client.CaptureMessage(ctx, "nobody listens")).To(HaveLen(32))
			_, err := client.Deliver(ctx, &raven.Event{Message: "nobody listens"})
			var op *net.OpError
			Expect(errors.As(err, &op)).To(BeTrue())
		}
	})
})

// name2dsn returns a DSN with a port on which nobody listens.
func name2dsn(name string) string {
	GinkgoHelper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	Expect(l.Close()).To(Succeed())
	if name != "" {
		name += "+"
	}
	return name + "http://key@" + l.Addr().String() + "/1"
}
