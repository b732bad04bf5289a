package adaptertest

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// bridge is a slog handler that passes messages to another logging library.
type bridge func(ctx context.Context, message string)

func (bridge) Enabled(context.Context, slog.Level) bool { return true }
func (b bridge) WithAttrs([]slog.Attr) slog.Handler     { return b }
func (b bridge) WithGroup(string) slog.Handler          { return b }

func (b bridge) Handle(ctx context.Context, r slog.Record) error {
	b(ctx, r.Message)
	return nil
}

// The client logs that events are lost. If its log leads back to it, each of
// these records must not become another event, which would be lost as well. On
// another goroutine the adapter only has the record's text.
func ownRecords[L, O any](t *testing.T, a Adapter[L, O]) {
	for _, scheme := range []string{"sync", "threaded"} {
		for way, log := range map[string]func(l Call[L], ctx context.Context, message string){
			"with its context": func(l Call[L], ctx context.Context, message string) {
				l.log(ctx, a.Levels[failure], message, errors.New("lost"), nil)
			},
			"with another text": func(l Call[L], _ context.Context, message string) {
				l.log(context.Background(), a.Levels[failure], "client: "+message, nil, nil)
			},
			"on another goroutine": func(l Call[L], _ context.Context, message string) {
				done := make(chan struct{})
				go func() {
					defer close(done)
					l.log(context.Background(), a.Levels[failure], message, errors.New("lost"), nil)
				}()
				<-done
			},
		} {
			t.Run(scheme+" "+way, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := NewWithT(t)
					srv := sentrytest.NewServer(t, sentrytest.InMemory())
					srv.Script(sentrytest.Status(500).Times(1000).Optional())
					var l Call[L]
					var own atomic.Int32
					handler := bridge(func(ctx context.Context, message string) {
						own.Add(1)
						log(l, ctx, message)
					})
					client, err := raven.New(srv.DSN(sentrytest.DSNScheme(scheme)), raven.WithLogger(slog.New(handler)),
						raven.WithEnv(transport.Env{DialContext: srv.DialContext}))
					g.Expect(err).NotTo(HaveOccurred())
					l = a.New(client, a.WithEventLevel(a.Levels[debug]))
					for range 3 {
						client.CaptureMessage(t.Context(), "x")
						_ = client.Flush(t.Context()) // events are lost
					}
					_ = client.Close(t.Context())
					stats := client.Stats()
					g.Expect(stats.Captured).To(BeEquivalentTo(3), "%+v", stats)
					g.Expect(stats.Pending).To(BeZero())
					g.Expect(own.Load()).To(BeNumerically(">", 0))
				})
			})
		}
	}
}
