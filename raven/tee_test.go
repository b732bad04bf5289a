package raven_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// lockedBuffer is a log that is written to by several goroutines.
type lockedBuffer struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.String()
}

// A client reports to a Sentry that works and to one that does not, in both
// orders. All events reach the one that works.
func TestTeeBesideADeadSentry(t *testing.T) {
	every := func(step sentrytest.Step) func(*sentrytest.Server) {
		return func(srv *sentrytest.Server) { srv.Rule(sentrytest.When().Do(step).Optional()) }
	}
	for name, begin := range map[string]func(*sentrytest.Server){
		"refused":    (*sentrytest.Server).Down,
		"black hole": every(sentrytest.Hang()),
		"503":        every(sentrytest.Status(503)),
		"403":        every(sentrytest.Status(403)),
	} {
		for _, order := range []string{"the main target is dead", "the other is dead"} {
			t.Run(name+": "+order, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := NewWithT(t)
					servers := map[string]*sentrytest.Server{
						"dead.test:80":    sentrytest.NewServer(t, sentrytest.InMemory()),
						"healthy.test:80": sentrytest.NewServer(t, sentrytest.InMemory()),
					}
					begin(servers["dead.test:80"])
					dsnOf := func(host string, options ...sentrytest.DSNOption) string {
						srv := servers[host+":80"]
						dsn := srv.DSN(append(options, sentrytest.DSNParam("proxy", "none"))...)
						return strings.Replace(dsn, srv.Addr(), host, 1)
					}
					hosts := []string{"dead.test", "healthy.test"}
					ownIsDead := order == "the main target is dead"
					if !ownIsDead {
						slices.Reverse(hosts)
					}
					logs := new(lockedBuffer)
					client, err := raven.New(dsnOf(hosts[0], sentrytest.DSNScheme("tee"), sentrytest.DSNParam("to", dsnOf(hosts[1]))),
						raven.WithLogger(slog.New(slog.NewTextHandler(logs, nil))),
						raven.WithEnv(transport.Env{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
							return servers[addr].DialContext(ctx, network, addr)
						}}))
					g.Expect(err).NotTo(HaveOccurred())
					defer func() { _ = client.Close(context.Background()) }()

					begun := time.Now()
					for i := range 10 {
						client.CaptureMessage(t.Context(), fmt.Sprint("event ", i))
						time.Sleep(100 * time.Millisecond)
					}
					synctest.Wait()
					g.Expect(time.Since(begun)).To(Equal(time.Second), "no capture waits")
					g.Expect(servers["healthy.test:80"].Events()).To(HaveLen(10))
					if ownIsDead {
						g.Expect(client.Stats().Delivered).To(BeZero())
						return
					}
					g.Expect(client.Stats()).To(Equal(raven.Stats{Captured: 10, Delivered: 10}))
					g.Expect(client.Flush(t.Context())).To(Succeed())
					g.Expect(client.State().Status).To(Equal(raven.StatusOnline))
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					g.Expect(client.Close(ctx)).To(Succeed())
					g.Expect(strings.Count(logs.String(), "msg=\"transport: tee: ")).To(Equal(2), logs.String())
					g.Expect(strings.Count(logs.String(), "host=dead.test lost=10 ")).To(Equal(1), logs.String())
				})
			})
		}
	}
}
