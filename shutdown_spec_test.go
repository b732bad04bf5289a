package ravenkit_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

var _ = Describe("When a program ends", func() {
	It("has lost no event before a Flush, with or without Close", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		client := newClient(dsn(srv, "", "overflow", "block"))
		for i := range 500 {
			client.CaptureMessage(ctx, fmt.Sprint("event ", i))
		}
		Expect(client.Flush(within(ctx))).To(Succeed())
		Expect(srv.Events()).To(HaveLen(500))
	})

	It("gets from Flush the number of events without an outcome if the server is dead", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		srv.Script(sentrytest.Hang().Times(-1).Optional())
		client := newClient(dsn(srv, "", "timeout", "60"))
		for range 5 {
			client.CaptureMessage(ctx, "lost")
		}
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		var undelivered *transport.UndeliveredError
		Expect(errors.As(client.Flush(short), &undelivered)).To(BeTrue())
		Expect(undelivered.Pending).To(Equal(5))
	})

	It("is not delayed by Close past its deadline, whatever the server does", func(ctx SpecContext) {
		for name, step := range map[string]sentrytest.Step{"hangs": sentrytest.Hang(), "stalls": sentrytest.StallBody()} {
			By("with a server that " + name)
			srv := sentrytest.NewServer(GinkgoTB())
			srv.Script(step.Times(-1).Optional())
			client := newClient(dsn(srv, "", "timeout", "60", "shutdown_timeout", "0.05"))
			for range 5 {
				client.CaptureMessage(ctx, "lost")
			}
			bounded := within(ctx)
			var undelivered *transport.UndeliveredError
			Expect(errors.As(client.Close(bounded), &undelivered)).To(BeTrue())
			Expect(bounded.Err()).NotTo(HaveOccurred(), "shutdown_timeout ended it")
			Expect(undelivered.Abandoned).To(Equal(5))
		}
	})

	It("delivers the waiting events in Close", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		client := newClient(dsn(srv, "threaded"))
		for range 50 {
			client.CaptureMessage(ctx, "waiting")
		}
		Expect(client.Close(within(ctx))).To(Succeed())
		Expect(srv.Events()).To(HaveLen(50))
	})
})
