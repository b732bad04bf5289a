package transport_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

func TestALimitDoesNotCauseABusyLoop(t *testing.T) {
	t.Run("repeated, on another category", func(t *testing.T) {
		answer := func(_ int, p *transport.Packet) error { return limitedBy(p, 0, "transaction") }
		hold(t, transport.ThreadedConfig{Workers: 1}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			f.takes = time.Millisecond
			send(tr, o, "met", "waiting")
			time.Sleep(10500 * time.Millisecond)
			g.Expect(len(f.log())).To(BeNumerically("~", 11, 1))
		})
	})
	t.Run("in force during a pause", func(t *testing.T) {
		answer := func(n int, p *transport.Packet) error {
			if n <= 2 {
				return status(503)(p)
			}
			err := limitedBy(p, time.Minute, "")
			err.(*transport.RateLimitedError).Held = true
			return err
		}
		hold(t, transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			f.takes = time.Millisecond
			send(tr, o, "a", "b")
			time.Sleep(30 * time.Second)
			g.Expect(len(f.log())).To(Equal(3), "the limit holds back the probes")
		})
	})
}

// limiting answers every request with one status and a rate limit.
type limiting struct{ status int }

func (limiting) Close() {}

func (l limiting) Post(context.Context, *transport.Request) (*transport.Reply, error) {
	return &transport.Reply{Status: l.status, Header: http.Header{"X-Sentry-Rate-Limits": {"60:error:organization"}}}, nil
}

func TestALimitInAnyAnswerCounts(t *testing.T) {
	for _, code := range []int{200, 400, 403, 429, 500, 503} {
		for _, way := range []string{"SendAsync", "Send"} {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				next, err := transport.NewHTTP(transport.HTTPConfig{Engine: limiting{code}})
				g.Expect(err).NotTo(HaveOccurred())
				tr, err := transport.NewThreaded(next, transport.ThreadedConfig{Logger: quiet})
				g.Expect(err).NotTo(HaveOccurred())
				ended, cancel := context.WithCancel(context.Background())
				cancel()
				defer func() { _ = tr.Close(ended) }()
				o := new(outcomes)
				if way == "Send" {
					_, _ = tr.Send(context.Background(), body("first"))
				} else {
					send(tr, o, "first")
				}
				synctest.Wait()
				send(tr, o, "second")
				g.Expect(o.get("second")).To(HaveLen(1), "%s, status %d", way, code)
				var limited *transport.RateLimitedError
				g.Expect(errors.As(o.get("second")[0], &limited)).To(BeTrue())
				g.Expect(limited.Held).To(BeTrue())
			})
		}
	}
}
