package transport_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// limited runs a test of one transport against a server in a bubble. send sends
// a packet of a category. It returns whether the packet was held back, and the
// number of requests at the server.
func limited(t *testing.T, scheme string, steps []sentrytest.Step, fn func(g *WithT, send func(category string) (held bool, requests int))) {
	synctest.Test(t, func(t *testing.T) {
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Script(steps...)
		dsn := srv.DSN(sentrytest.DSNScheme(scheme))
		tr := open(t, dsn, transport.Env{DialContext: srv.DialContext})
		fn(NewWithT(t), func(category string) (bool, int) {
			p := packet(t, dsn, eventID)
			p.Category = category
			_, err := tr.Send(t.Context(), p)
			var limit *transport.RateLimitedError
			return errors.As(err, &limit) && limit.Held, len(srv.Requests())
		})
		if err := tr.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestALimitedPacketIsNotSent(t *testing.T) {
	for _, scheme := range []string{"sync", "threaded", "pool", "spawn", "loop"} {
		t.Run(scheme, func(t *testing.T) {
			limited(t, scheme, []sentrytest.Step{sentrytest.Status(429).RetryAfter("90")}, func(g *WithT, send func(string) (bool, int)) {
				held, requests := send("error")
				g.Expect(held).To(BeFalse(), "the first is sent")
				g.Expect(requests).To(Equal(1))
				for _, category := range []string{"error", "", "transaction"} {
					held, requests = send(category)
					g.Expect(held).To(BeTrue(), "Retry-After applies to all categories")
					g.Expect(requests).To(Equal(1))
				}
				time.Sleep(89*time.Second + 999*time.Millisecond)
				held, _ = send("error")
				g.Expect(held).To(BeTrue())
				time.Sleep(time.Millisecond)
				held, requests = send("error")
				g.Expect(held).To(BeFalse())
				g.Expect(requests).To(Equal(2))
			})
		})
	}
}

func TestRateLimitsAreByCategory(t *testing.T) {
	limited(t, "sync", []sentrytest.Step{sentrytest.OK().RateLimits("60:error, 10:session")}, func(g *WithT, send func(string) (bool, int)) {
		send("error") // an accepted packet can have limits in its answer
		held, _ := send("error")
		g.Expect(held).To(BeTrue())
		held, _ = send("transaction")
		g.Expect(held).To(BeFalse())
		held, _ = send("session")
		g.Expect(held).To(BeTrue())
		time.Sleep(10 * time.Second)
		held, _ = send("session")
		g.Expect(held).To(BeFalse())
		held, _ = send("error")
		g.Expect(held).To(BeTrue())
	})
}

func TestTheLaterLimitCounts(t *testing.T) {
	limited(t, "sync", []sentrytest.Step{
		sentrytest.OK().RateLimits("60:error"), sentrytest.OK().RateLimits("5:error, 5:session"),
	}, func(g *WithT, send func(string) (bool, int)) {
		send("error")
		send("session")
		time.Sleep(30 * time.Second)
		held, _ := send("error")
		g.Expect(held).To(BeTrue())
	})
}

func TestRateLimitsAreNotShared(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Script(sentrytest.Status(429).RetryAfter("90"))
	dsn := srv.DSN(sentrytest.DSNScheme("sync"))
	_, err := open(t, dsn, transport.Env{}).Send(t.Context(), packet(t, dsn, eventID))
	g.Expect(err).To(HaveOccurred())
	_, err = open(t, dsn, transport.Env{}).Send(t.Context(), packet(t, dsn, eventID))
	g.Expect(err).NotTo(HaveOccurred())
}

func TestTheErrorOfAHeldPacketHasTheRemainingTime(t *testing.T) {
	err := &transport.RateLimitedError{EventID: "fc6d8c0c", RetryAfter: 29*time.Second + 123456*time.Microsecond, Held: true}
	NewWithT(t).Expect(err).To(MatchError("transport: event fc6d8c0c was not sent: rate limited for another 29.123s"))
}

// A broken clock or proxy must not stop the client for good.
func TestARateLimitIsObeyedForADay(t *testing.T) {
	for name, step := range map[string]sentrytest.Step{
		"Retry-After":          sentrytest.Status(429).RetryAfter("Fri, 31 Dec 9999 23:59:59 GMT").Times(2),
		"X-Sentry-Rate-Limits": sentrytest.OK().RateLimits("9000000000::").Times(2),
		"both":                 sentrytest.Status(429).RetryAfter("9000000000").RateLimits("9000000000:error").Times(2),
	} {
		for _, scheme := range []string{"sync", "threaded"} {
			t.Run(name+" over "+scheme, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := NewWithT(t)
					srv := sentrytest.NewServer(t, sentrytest.InMemory())
					srv.Script(step)
					dsn := srv.DSN(sentrytest.DSNScheme(scheme))
					var log bytes.Buffer
					tr := open(t, dsn, transport.Env{DialContext: srv.DialContext, Logger: slog.New(slog.NewTextHandler(&log, nil))})
					send := func() { _, _ = tr.Send(t.Context(), packet(t, dsn, eventID)) }
					for i := range 2 {
						send()
						g.Expect(srv.Requests()).To(HaveLen(i + 1))
						time.Sleep(24*time.Hour - time.Millisecond)
						send()
						g.Expect(srv.Requests()).To(HaveLen(i+1), "held back")
						time.Sleep(time.Millisecond)
					}
					g.Expect(strings.Count(log.String(), "rate limit is longer than the maximum")).To(Equal(1), log.String())
				})
			})
		}
	}
}
