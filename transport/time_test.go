package transport_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// In a bubble time is exact, and a goroutine that is left after Close is a
// panic.
func TestTheTimeoutIsExact(t *testing.T) {
	for _, scheme := range []string{"sync", "threaded"} {
		for name, step := range map[string]sentrytest.Step{
			"no answer":          sentrytest.Hang(),
			"a body that stalls": sentrytest.StallBody(),
			"a body that drips":  sentrytest.SlowBody(50 * time.Millisecond),
		} {
			for _, start := range []func(sentrytest.TB, ...sentrytest.Option) *sentrytest.Server{sentrytest.NewServer, sentrytest.NewTLSServer} {
				synctest.Test(t, func(t *testing.T) {
					srv := start(t, sentrytest.InMemory())
					srv.Script(step)
					dsn := srv.DSN(sentrytest.DSNScheme(scheme), sentrytest.DSNParam("timeout", "0.2"), sentrytest.DSNParam("verify_ssl", "0"))
					t.Log(name, "over", dsn)
					g := NewWithT(t)
					tr := open(t, dsn, transport.Env{DialContext: srv.DialContext})
					began := time.Now()
					_, err := tr.Send(t.Context(), packet(t, dsn, eventID))
					g.Expect(time.Since(began)).To(Equal(200 * time.Millisecond))
					g.Expect(err).To(MatchError(context.DeadlineExceeded))
					g.Expect(tr.Close(t.Context())).To(Succeed())
				})
			}
		}
	}
}

func TestCloseIsOnTimeWhateverTheServerDoes(t *testing.T) {
	for name, step := range map[string]sentrytest.Step{
		"no answer": sentrytest.Hang(), "a body that stalls": sentrytest.StallBody(),
	} {
		synctest.Test(t, func(t *testing.T) {
			t.Log(name)
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, sentrytest.InMemory())
			srv.Script(step.Times(4).Optional())
			dsn := srv.DSN(sentrytest.DSNParam("timeout", "1h"), sentrytest.DSNParam("shutdown_timeout", "3"))
			tr := open(t, dsn, transport.Env{DialContext: srv.DialContext}).(transport.AsyncTransport)
			told := make(chan error, 20)
			for range 20 {
				tr.SendAsync(t.Context(), packet(t, dsn, eventID), func(_ *transport.Response, err error) { told <- err })
			}
			synctest.Wait()
			began := time.Now()
			err := tr.Close(context.Background())
			g.Expect(time.Since(began)).To(Equal(3 * time.Second))
			var undelivered *transport.UndeliveredError
			g.Expect(errors.As(err, &undelivered)).To(BeTrue(), "%v", err)
			g.Expect(undelivered.Abandoned).To(Equal(20))
			for range 20 {
				g.Expect(<-told).To(MatchError(transport.ErrClosed))
			}
		})
	}
}
