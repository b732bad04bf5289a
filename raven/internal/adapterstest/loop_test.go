package adapterstest

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenlogrus"
	"github.com/ravenkit/ravenkit/raven/ravenslog"
	"github.com/ravenkit/ravenkit/raven/ravenzap"
	"github.com/ravenkit/ravenkit/raven/ravenzerolog"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// bridge is a slog handler that ends in another logging library.
type bridge func(ctx context.Context, level slog.Level, message string)

func (bridge) Enabled(context.Context, slog.Level) bool { return true }
func (b bridge) WithAttrs([]slog.Attr) slog.Handler     { return b }
func (b bridge) WithGroup(string) slog.Handler          { return b }

func (b bridge) Handle(ctx context.Context, r slog.Record) error {
	b(ctx, r.Level, r.Message)
	return nil
}

// bridges leads from the client's log back to the client, through each of its
// adapters. Every record becomes an event, at whatever level.
func bridges(client *raven.Client) map[string]slog.Handler {
	z := zap.New(ravenzap.NewCore(client, ravenzap.WithEventLevel(zapcore.DebugLevel)))
	l := logrus.New()
	l.SetLevel(logrus.TraceLevel)
	l.SetOutput(new(nowhere))
	l.AddHook(ravenlogrus.NewHook(client, ravenlogrus.WithEventLevel(logrus.TraceLevel)))
	w := zerolog.New(zerolog.MultiLevelWriter(ravenzerolog.NewWriter(client, ravenzerolog.WithEventLevel(zerolog.TraceLevel))))
	s := slog.New(ravenslog.NewHandler(client, nil, ravenslog.WithEventLevel(slog.LevelDebug-4)))
	return map[string]slog.Handler{
		"zap": bridge(func(_ context.Context, _ slog.Level, message string) { z.Error(message, zap.Error(errors.New("lost"))) }),
		"logrus": bridge(func(ctx context.Context, _ slog.Level, message string) {
			l.WithContext(ctx).WithError(errors.New("lost")).Error(message)
		}),
		"zerolog": bridge(func(_ context.Context, _ slog.Level, message string) { w.Error().Err(errors.New("lost")).Msg(message) }),
		"slog":    ravenslog.NewHandler(client, nil, ravenslog.WithEventLevel(slog.LevelDebug-4)),
		"slog by hand": bridge(func(_ context.Context, level slog.Level, message string) {
			s.LogAttrs(context.Background(), level, "client: "+message)
		}),
	}
}

type nowhere struct{}

func (*nowhere) Write(p []byte) (int, error) { return len(p), nil }

// later hands records to another goroutine, as asynchronous handlers do: what is
// left of them there is their text.
type later struct {
	slog.Handler
	records chan slog.Record
}

func (l later) Handle(_ context.Context, r slog.Record) error {
	l.records <- r
	return nil
}

// The client logs that events are lost. Where its log leads back to it, each of
// those records would be another event, and lost as well.
func TestTheClientsOwnRecordsAreNoEvents(t *testing.T) {
	for _, scheme := range []string{"sync", "threaded"} {
		for name := range bridges(nil) {
			for _, asynchronous := range []bool{false, true} {
				if asynchronous && name == "slog by hand" {
					continue // nothing is left to know its records by
				}
				t.Run(scheme+" "+name, func(t *testing.T) {
					g := NewWithT(t)
					srv := sentrytest.NewServer(t)
					srv.Script(sentrytest.Status(500).Times(1000).Optional())
					var log slog.Handler
					handler := bridgeTo(&log)
					end := func() {}
					if asynchronous {
						records, ended := make(chan slog.Record, 1000), make(chan bool)
						go func() {
							defer close(ended)
							for r := range records {
								_ = log.Handle(context.Background(), r)
							}
						}()
						handler = later{handler, records}
						end = func() {
							close(records)
							<-ended
						}
					}
					client, err := raven.New(srv.DSN(sentrytest.DSNScheme(scheme)), raven.WithLogger(slog.New(handler)))
					g.Expect(err).NotTo(HaveOccurred())
					log = bridges(client)[name]
					for range 3 {
						client.CaptureMessage(t.Context(), "x")
						_ = client.Flush(t.Context()) // events are lost
					}
					_ = client.Close(t.Context())
					end()
					stats := client.Stats()
					g.Expect(stats.Captured).To(BeEquivalentTo(3), "%+v", stats)
					g.Expect(stats.Pending).To(BeZero())
				})
			}
		}
	}
}

// bridgeTo is a handler that is made after the client whose log it is for.
func bridgeTo(to *slog.Handler) slog.Handler { return late{to} }

type late struct{ to *slog.Handler }

func (late) Enabled(context.Context, slog.Level) bool { return true }
func (l late) WithAttrs([]slog.Attr) slog.Handler     { return l }
func (l late) WithGroup(string) slog.Handler          { return l }

func (l late) Handle(ctx context.Context, r slog.Record) error { return (*l.to).Handle(ctx, r) }
