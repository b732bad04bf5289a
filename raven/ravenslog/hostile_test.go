package ravenslog_test

import (
	"errors"
	"log/slog"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenslog"
	"github.com/ravenkit/ravenkit/sentrytest"
)

type declined struct{ code int }

func (d *declined) Error() string { return string(rune(d.code)) }

// deep is a group that contains itself without end.
type deep struct{ wide int }

func (d deep) LogValue() slog.Value {
	attrs := make([]slog.Attr, d.wide)
	for i := range attrs {
		attrs[i] = slog.Any(string(rune('a'+i)), d)
	}
	return slog.GroupValue(attrs...)
}

type boom struct{}

func (boom) LogValue() slog.Value { panic("no value") }
func (boom) String() string       { panic("no text") }

func TestBrokenAttributesDoNotAffectOthers(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	logger := slog.New(ravenslog.NewHandler(client, slog.DiscardHandler, ravenslog.WithTags("nil", "panics", "self")))
	self := map[string]any{}
	self["me"] = self
	attrs := []any{
		"first", errors.New("out of stock"), "second", (*declined)(nil), "nil", (*declined)(nil), "panics",
		struct{ boom }{},
		"self", self,
		"value",
		boom{},
		"deep",
		deep{1},
		"wide",
		deep{4},
		"more", self, "last", 7,
	}
	logger.Warn("a breadcrumb", attrs...)
	logger.With(attrs...).WithGroup("g").Warn("another one", "typed nil alone", (*declined)(nil))
	logger.Error("failed", attrs...)

	e := sentrytest.RequireEvent(t, rec, sentrytest.HasMessage("failed"), sentrytest.HasException("", "out of stock"),
		sentrytest.HasExtra("second", "<nil>"), sentrytest.HasExtra("last", 7), sentrytest.HasTag("nil", "<nil>"))
	g := NewWithT(t)
	g.Expect(e.Breadcrumbs).To(HaveLen(2))
	g.Expect(e.Tags["self"]).To(Equal("map[string]interface {}"))
	g.Expect(len(e.Raw)).To(BeNumerically("<", 1<<20))
}

// A program may change its maps after it gave them to a logger.
func TestALoggerCopiesItsAttributes(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	m := map[string]int{"a": 1}
	logger := slog.New(ravenslog.NewHandler(client, slog.DiscardHandler)).With("m", m, slog.Group("g", "m", struct{ M map[string]int }{m}))
	var both sync.WaitGroup
	both.Go(func() {
		for range 100 {
			logger.Error("failed")
		}
	})
	both.Go(func() {
		for i := range 100 {
			m["b"] = i
		}
	})
	both.Wait()
	e := rec.Events()[99]
	g := NewWithT(t)
	g.Expect(e.Extra["m"]).To(Equal(map[string]any{"a": 1.0}))
	g.Expect(e.Extra["g"]).To(Equal(map[string]any{"m": map[string]any{"M": map[string]any{"a": 1.0}}}))
}

func TestAnErrorWhoseErrorMethodLogs(t *testing.T) {
	t.Parallel()
	client, _ := clienttest.Recorded(t)
	logger := slog.New(ravenslog.NewHandler(client, slog.DiscardHandler))
	err := new(logging)
	err.logger, err.calls = logger, new(int)
	logger.Error("failed", "err", err)
	g := NewWithT(t)
	g.Expect(*err.calls).To(BeNumerically("<", 100))
	g.Expect(client.Stats()).To(HaveField("Invalid", BeNumerically(">", 0)))
	var lost *raven.LossError
	g.Expect(errors.As(client.Flush(t.Context()), &lost)).To(BeTrue())
}

type logging struct {
	logger *slog.Logger
	calls  *int
}

func (l *logging) Error() string {
	*l.calls++
	l.logger.Error("in Error", "err", l)
	return "logging"
}
