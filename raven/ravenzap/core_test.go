package ravenzap_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenzap"
	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestAnErrorFieldBecomesTheException(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	seen, logs := observer.New(zapcore.DebugLevel)
	logger := zap.New(zapcore.NewTee(seen, ravenzap.NewCore(client, ravenzap.WithLogger("unnamed"))), zap.AddCaller()).Named("shop")

	logger.Info("order received")
	logger.With(zap.String("host", "db1"), zap.Namespace("order")).Error("checkout failed",
		zap.Error(fmt.Errorf("pay: %w", errors.New("card declined"))), zap.Int("id", 17), zap.NamedError("second", errors.New("and this")),
		ravenzap.Apply(raven.Tags{"shard": "7"}), zap.Duration("took", 1500))

	e := sentrytest.RequireEvent(t, rec, sentrytest.HasMessage("checkout failed"), sentrytest.HasException("", "card declined"),
		sentrytest.HasLevel("error"), sentrytest.HasExtra("host", "db1"), sentrytest.HasExtra("order.id", 17),
		sentrytest.HasExtra("order.second", "and this"), sentrytest.HasTag("shard", "7"))
	g := NewWithT(t)
	g.Expect(e.Logger).To(Equal("shop"), "a name from Named overrides WithLogger")
	g.Expect(e.Breadcrumbs).To(HaveExactElements(HaveField("Category", "shop")))
	frames := e.Exceptions[1].Stacktrace.Frames
	g.Expect(frames[len(frames)-1].Function).To(Equal("TestAnErrorFieldBecomesTheException"), "the stack ends at the logging call")
	g.Expect(logs.FilterMessage("checkout failed").Len()).To(Equal(1), "the other core has the entry too")
}

func TestDerivedLoggersDoNotShareFields(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	base := zap.New(ravenzap.NewCore(client)).With(zap.String("a", "1")).With(zap.String("b", "2")).With(zap.String("c", "3"))
	one, other := base.With(zap.String("d", "one")), base.With(zap.String("d", "other"))
	one.Error("one")
	other.Error("other")

	g := NewWithT(t)
	for _, name := range []string{"one", "other"} {
		e := sentrytest.RequireEvent(t, rec, sentrytest.HasMessage(name))
		g.Expect(e.Extra).To(Equal(map[string]any{"a": "1", "b": "2", "c": "3", "d": name}))
	}
}

// zap panics after the write.
func TestAPanicEntryIsDeliveredBeforeThePanic(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	client, err := raven.New(srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(t.Context())
	defer func() {
		if recover() == nil {
			t.Error("zap did not panic")
		}
		if n := len(srv.Events()); n != 1 {
			t.Errorf("%d events had arrived when zap panicked", n)
		}
	}()
	zap.New(ravenzap.NewCore(client)).Panic("the end")
}

func TestOtherCoresSkipContextAndApply(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, _ := clienttest.Recorded(t)
	ctx, _ := raven.NewContext(t.Context(), client)
	var out bytes.Buffer
	writes := zapcore.NewCore(zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "m"}), zapcore.AddSync(&out), zapcore.DebugLevel)
	zap.New(zapcore.NewTee(writes, ravenzap.NewCore(client))).With(ravenzap.Context(ctx)).Error("x", ravenzap.Apply(raven.Tags{"a": "b"}))
	g.Expect(out.String()).To(Equal(`{"m":"x"}` + "\n"))
}
