package guard_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/internal/guard"
)

// hostile panics in the chosen methods.
type hostile struct {
	slog.Handler
	enabled, handle bool
}

func (h hostile) Enabled(ctx context.Context, l slog.Level) bool {
	if h.enabled {
		panic("enabled")
	}
	return h.Handler.Enabled(ctx, l)
}

func (h hostile) Handle(ctx context.Context, r slog.Record) error {
	if h.handle {
		panic("handle")
	}
	return h.Handler.Handle(ctx, r)
}

func (h hostile) WithAttrs([]slog.Attr) slog.Handler { panic("attrs") }
func (h hostile) WithGroup(string) slog.Handler      { panic("group") }

func TestAHandlerThatPanicsLosesOnlyTheRecord(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var out bytes.Buffer
	to := slog.NewTextHandler(&out, nil)
	guard.Logger(slog.New(hostile{Handler: to, handle: true})).Error("lost")
	guard.Logger(slog.New(hostile{Handler: to, enabled: true})).Debug("too small")
	guard.Logger(slog.New(hostile{Handler: to, enabled: true})).With("a", 1).WithGroup("g").Info("written")
	g.Expect(out.String()).To(And(ContainSubstring("written"), Not(ContainSubstring("lost")), Not(ContainSubstring("too small"))))
	l := guard.Logger(slog.New(to))
	g.Expect(guard.Logger(l)).To(BeIdenticalTo(l), "it is wrapped once only")
}

// within calls a function while it handles a record.
type within struct {
	slog.Handler
	do func(context.Context, slog.Record)
}

func (w within) Handle(ctx context.Context, r slog.Record) error {
	w.do(ctx, r)
	return nil
}

type brokenContext struct{ context.Context }

func (brokenContext) Value(any) any { panic(errors.New("no values")) }

func TestOwn(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	handled := 0
	l := guard.Logger(slog.New(within{slog.DiscardHandler, func(ctx context.Context, r slog.Record) {
		handled++
		g.Expect(guard.Own(context.Background())).To(BeTrue(), "by the stack")
		elsewhere := make(chan bool)
		go func() { elsewhere <- guard.Own(ctx) }()
		g.Expect(<-elsewhere).To(BeTrue(), "by ctx")
		go func() { elsewhere <- guard.Own(context.Background()) }()
		g.Expect(<-elsewhere).To(BeFalse())
		g.Expect(guard.OwnText(r.Message)).To(BeTrue())
	}}))
	g.Expect(l.Handler().Handle(t.Context(), slog.Record{Message: "guard_test: another one"})).To(Succeed())
	g.Expect(handled).To(Equal(1))
	g.Expect(guard.OwnText("guard_test: another one")).To(BeTrue())
	g.Expect(guard.OwnText("guard_test: never logged")).To(BeFalse())
	g.Expect(guard.Own(t.Context())).To(BeFalse())
	g.Expect(guard.Own(brokenContext{t.Context()})).To(BeFalse())
}
