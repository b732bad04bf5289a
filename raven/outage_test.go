package raven_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// During an outage the default transport keeps no capture waiting and gives no
// event an outcome. So Flush waits as long as its context allows, and longer
// than any pause if the context has no deadline.
func TestFlushDuringAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		c, err := raven.New(srv.DSN(), quiet, raven.WithEnv(transport.Env{DialContext: srv.DialContext}))
		g.Expect(err).NotTo(HaveOccurred())
		defer c.Close(t.Context())

		srv.Down()
		begun := time.Now()
		c.CaptureMessage(t.Context(), "captured")
		g.Expect(c.Send(t.Context(), &raven.Event{Message: "sent"})).To(Succeed(), "it is in the queue")
		synctest.Wait()
		g.Expect(c.State().Status).To(Equal(raven.StatusError))
		c.CaptureMessage(t.Context(), "captured while sending fails")
		g.Expect(c.Send(t.Context(), &raven.Event{Message: "sent while sending fails"})).To(Succeed())
		g.Expect(time.Since(begun)).To(BeZero(), "no capture waited")

		short, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var loss *raven.LossError
		g.Expect(errors.As(c.Flush(short), &loss)).To(BeTrue())
		g.Expect(time.Since(begun)).To(Equal(time.Minute))
		g.Expect(loss.Lost).To(BeEmpty())
		var undelivered *transport.UndeliveredError
		g.Expect(errors.As(loss, &undelivered)).To(BeTrue())
		g.Expect(undelivered.Pending).To(Equal(4))
		g.Expect(c.State().Waiting).To(Equal(4))

		flushed := make(chan error, 1)
		go func() { flushed <- c.Flush(t.Context()) }()
		time.Sleep(30 * time.Minute) // of the bubble
		g.Expect(flushed).NotTo(Receive(), "the outage lasts")
		g.Expect(srv.Up()).To(Succeed())
		g.Expect(<-flushed).To(Succeed())
		g.Expect(srv.Events()).To(HaveLen(4))
		g.Expect(c.Stats().Delivered).To(BeEquivalentTo(4))
		g.Expect(c.Stats().Lost()).To(BeZero())
	})
}
