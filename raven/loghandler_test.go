package raven_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

// handles is a slog handler of the program, enabled for every level.
type handles func(context.Context, slog.Record)

func (handles) Enabled(context.Context, slog.Level) bool          { return true }
func (h handles) WithAttrs([]slog.Attr) slog.Handler              { return h }
func (h handles) WithGroup(string) slog.Handler                   { return h }
func (h handles) Handle(ctx context.Context, r slog.Record) error { h(ctx, r); return nil }

func threaded(t *testing.T, rec *recorder) transport.Transport {
	t.Helper()
	tr, err := transport.NewThreaded(rec, transport.ThreadedConfig{Workers: 1})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return tr
}

// The logger is the program's, and called where nothing else contains a panic:
// in a capture, and in a transport's goroutine.
func TestALogHandlerThatPanics(t *testing.T) {
	log := raven.WithLogger(slog.New(handles(func(context.Context, slog.Record) { panic("no log") })))
	rec := &recorder{answer: answerWith("", &transport.APIError{Status: 400})}
	for _, tr := range []transport.Transport{rec, threaded(t, rec)} {
		g := NewWithT(t)
		c := newOver(t, tr, testDSN, log, raven.WithOnOutcome(func(raven.Outcome) { panic("no hook") }))
		for range 3 {
			c.CaptureMessage(t.Context(), "x")
			g.Expect(c.Flush(t.Context())).To(HaveOccurred())
		}
		c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: "m"})
		g.Expect(c.Stats()).To(Equal(raven.Stats{Captured: 3, Rejected: 3}))
	}
	_, err := raven.New("", log)
	NewWithT(t).Expect(err).NotTo(HaveOccurred(), "a disabled client logs that it is disabled")
}

// The handler captures with the client, so each lost event would cause another.
func TestALogHandlerThatCaptures(t *testing.T) {
	var c *raven.Client
	text := func(r slog.Record) string { return "log: " + r.Message }
	elsewhere := func(fn func()) {
		done := make(chan bool)
		go func() {
			defer close(done)
			fn()
		}()
		<-done
	}
	for name, handle := range map[string]handles{
		"at once":         func(ctx context.Context, r slog.Record) { c.CaptureMessage(ctx, text(r)) },
		"without the ctx": func(_ context.Context, r slog.Record) { c.CaptureMessage(context.Background(), text(r)) },
		"elsewhere":       func(ctx context.Context, r slog.Record) { elsewhere(func() { c.CaptureMessage(ctx, text(r)) }) },
		"elsewhere, without ctx": func(_ context.Context, r slog.Record) {
			elsewhere(func() { c.CaptureMessage(context.Background(), r.Message) })
		},
		"the error, without ctx": func(_ context.Context, r slog.Record) {
			r.Attrs(func(a slog.Attr) bool {
				if err, ok := a.Value.Any().(error); ok {
					elsewhere(func() { c.CaptureException(context.Background(), fmt.Errorf("log: %w", err)) })
				}
				return true
			})
		},
		"and logs": func(ctx context.Context, r slog.Record) {
			c.CaptureMessage(ctx, text(r))
			slog.New(handles(func(ctx context.Context, r slog.Record) { c.CaptureMessage(ctx, text(r)) })).ErrorContext(ctx, "captured")
		},
	} {
		for _, kind := range []string{"blocking", "queued"} {
			for _, answer := range []error{errDown, &transport.APIError{Status: 400}} {
				if kind == "queued" && answer == errDown {
					continue // the event is held, which logs one record
				}
				t.Run(fmt.Sprint(name, " ", kind, " ", answer), func(t *testing.T) {
					g := NewWithT(t)
					rec := &recorder{answer: answerWith("", answer)}
					var tr transport.Transport = unlocked{rec}
					if kind == "queued" {
						tr = threaded(t, rec)
					}
					made, err := raven.New(testDSN, raven.WithTransport(tr), raven.WithLogger(slog.New(handle)))
					g.Expect(err).NotTo(HaveOccurred())
					c = made
					const events = 5
					for range events {
						c.CaptureMessage(t.Context(), "x")
					}
					var lost *raven.LossError
					for range 20 { // until no more events come
						if err := c.Flush(t.Context()); !errors.As(err, &lost) {
							break
						}
					}
					stats := c.Stats()
					g.Expect(stats.Captured).To(And(BeNumerically(">", events), BeNumerically("<=", 5*events)), "%+v", stats)
					g.Expect(stats.Pending).To(BeZero())
					_ = c.Close(t.Context())
				})
			}
		}
	}
}

// unlocked is a recorder that holds no lock while it answers.
type unlocked struct{ *recorder }

func (u unlocked) Send(_ context.Context, p *transport.Packet) (*transport.Response, error) {
	return u.answer(p)
}
