package ravenzap_test

import (
	"errors"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenzap"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

type declined struct{ code int }

func (d *declined) Error() string { return string(rune(d.code)) }

type order struct{ fields map[string]int }

func (o *order) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	for k, v := range o.fields {
		enc.AddInt(k, v)
	}
	return nil
}

func TestBrokenFieldsDoNotAffectOthers(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	logger := zap.New(ravenzap.NewCore(client))
	fields := []zap.Field{
		zap.Error(errors.New("out of stock")), zap.NamedError("second", (*declined)(nil)), zap.Object("order", (*order)(nil)),
		{Key: "no stringer", Type: zapcore.StringerType},
		{Key: "no type"},
		{Key: "an error", Type: zapcore.ErrorType},
		zap.Inline((*order)(nil)), zap.Int("last", 7),
	}
	logger.Warn("a breadcrumb", zap.Error((*declined)(nil)))
	logger.Warn("another one", fields...)
	logger.With(fields...).Error("failed")

	e := sentrytest.RequireEvent(t, rec, sentrytest.HasMessage("failed"), sentrytest.HasException("", "out of stock"),
		sentrytest.HasExtra("second", "<nil>"), sentrytest.HasExtra("last", 7))
	g := NewWithT(t)
	g.Expect(e.Breadcrumbs).To(HaveLen(2))
	g.Expect(e.Breadcrumbs[0].Data).To(Equal(map[string]any{"error": "<nil>"}))
	g.Expect(e.Extra).To(HaveKeyWithValue("orderError", HavePrefix("PANIC=runtime error: invalid memory address")))
}

func TestALoggerCopiesItsFields(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	m, b := map[string]int{"a": 1}, []byte("bytes")
	logger := zap.New(ravenzap.NewCore(client)).With(zap.Any("m", struct{ M map[string]int }{m}), zap.Object("order", &order{m}),
		zap.Namespace("n"), zap.ByteString("b", b), zap.Inline(&order{m}))
	var both sync.WaitGroup
	both.Go(func() {
		for range 100 {
			logger.Error("failed")
		}
	})
	both.Go(func() {
		for i := range 100 {
			m["b"], b[0] = i, 'x'
		}
	})
	both.Wait()
	a := map[string]any{"a": 1.0}
	NewWithT(t).Expect(rec.Events()[99].Extra).To(Equal(map[string]any{
		"m": map[string]any{"M": a}, "order": a, "n": map[string]any{"a": 1.0, "b": "bytes"},
	}))
}

func TestSyncReturnsALoss(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	down := &transport.APIError{Status: 400, Message: "down"}
	lossOf := func(err error) map[raven.OutcomeKind]uint64 {
		var lost *raven.LossError
		g.Expect(errors.As(err, &lost)).To(BeTrue(), "%v", err)
		return lost.Lost
	}
	client, rec := clienttest.Recorded(t)
	rec.Fail(down)
	logger := zap.New(ravenzap.NewCore(client))
	logger.Error("lost")
	g.Expect(lossOf(logger.Sync())).To(Equal(map[raven.OutcomeKind]uint64{raven.OutcomeRejected: 1}))
	g.Expect(logger.Sync()).To(Succeed(), "Sync returns a loss once")
	g.Expect(lossOf(ravenzap.NewCore(client).Write(zapcore.Entry{Level: zapcore.FatalLevel}, nil))).To(HaveLen(1))

	other, alsoDown := clienttest.Recorded(t)
	alsoDown.Fail(down)
	core := ravenzap.NewCore(nil)
	logger = zap.New(core)
	for _, c := range []*raven.Client{client, other} {
		ctx, _ := raven.NewContext(t.Context(), c)
		logger.With(zap.Int("a", 1)).Error("lost", ravenzap.Context(ctx))
	}
	g.Expect(lossOf(core.Sync())).To(HaveLen(1))
	g.Expect(client.Flush(t.Context())).To(Succeed(), "Sync has returned the loss")
	g.Expect(other.Flush(t.Context())).To(Succeed())
	g.Expect(core.Sync()).To(Succeed())
}

// It is not parallel, because it sets the default client.
func TestSyncOfACoreWithoutAClientFlushesTheDefault(t *testing.T) {
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	raven.SetDefault(client)
	defer raven.SetDefault(nil)
	rec.Hold()
	zap.New(ravenzap.NewCore(nil)).Error("m")
	synced := make(chan error)
	go func() { synced <- ravenzap.NewCore(nil).Sync() }()
	select {
	case err := <-synced:
		t.Errorf("Sync did not wait: %v", err)
	default:
	}
	rec.Release()
	g.Expect(<-synced).To(Succeed())
	g.Expect(client.Stats().Pending).To(BeZero())
}
