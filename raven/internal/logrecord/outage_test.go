package logrecord_test

import (
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// During an outage Deliver waits five seconds. The event stays in the queue.
func TestDeliverDuringAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		client, err := raven.New(srv.DSN(), raven.WithLogger(slog.New(slog.DiscardHandler)), raven.WithEnv(transport.Env{DialContext: srv.DialContext}))
		g.Expect(err).NotTo(HaveOccurred())
		defer client.Close(t.Context())

		srv.Down()
		begun := time.Now()
		client.CaptureMessage(t.Context(), "fatal")
		var undelivered *transport.UndeliveredError
		g.Expect(errors.As(logrecord.Deliver(client), &undelivered)).To(BeTrue())
		g.Expect(undelivered.Pending).To(Equal(1))
		g.Expect(time.Since(begun)).To(Equal(5 * time.Second))

		g.Expect(srv.Up()).To(Succeed())
		g.Expect(logrecord.Deliver(client)).To(Succeed())
		g.Expect(srv.Events()).To(HaveLen(1))
	})
}
