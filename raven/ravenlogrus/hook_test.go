package ravenlogrus_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sirupsen/logrus"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenlogrus"
	"github.com/ravenkit/ravenkit/sentrytest"
)

func newLogger(hook *ravenlogrus.Hook) *logrus.Logger {
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	logger.SetLevel(logrus.TraceLevel)
	logger.AddHook(hook)
	return logger
}

func TestTheErrorBecomesTheException(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	logger := newLogger(ravenlogrus.NewHook(client, ravenlogrus.WithLogger("shop")))

	logger.WithError(fmt.Errorf("pay: %w", errors.New("card declined"))).
		WithFields(logrus.Fields{"id": 17, "second": errors.New("and this"), "raven": raven.Tags{"shard": "7"}}).
		Error("checkout failed")

	e := sentrytest.RequireEvent(t, rec, sentrytest.HasMessage("checkout failed"), sentrytest.HasException("", "card declined"),
		sentrytest.HasLevel("error"), sentrytest.HasExtra("id", 17), sentrytest.HasExtra("second", "and this"), sentrytest.HasTag("shard", "7"))
	g := NewWithT(t)
	g.Expect(e.Logger).To(Equal("shop"))
	g.Expect(e.Extra).To(HaveLen(2))
	frames := e.Exceptions[1].Stacktrace.Frames
	g.Expect(frames[len(frames)-1].Function).To(Equal("TestTheErrorBecomesTheException"), "the stack ends at the logging call")
}

func TestTheFirstErrorByNameBecomesTheException(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	fields, extra := logrus.Fields{}, map[string]any{}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		fields[name], extra[name] = errors.New(name), name
	}
	newLogger(ravenlogrus.NewHook(client)).WithFields(fields).Error("failed")
	e := sentrytest.RequireEvent(t, rec, sentrytest.HasException("", "a"))
	delete(extra, "a")
	NewWithT(t).Expect(e.Extra).To(Equal(extra))
}

func TestLevels(t *testing.T) {
	t.Parallel()
	for level, want := range map[logrus.Level]string{
		logrus.TraceLevel: "debug", logrus.DebugLevel: "debug", logrus.InfoLevel: "info", logrus.WarnLevel: "warning", logrus.ErrorLevel: "error",
		logrus.FatalLevel: "fatal",
	} {
		client, rec := clienttest.Recorded(t)
		newLogger(ravenlogrus.NewHook(client, ravenlogrus.WithEventLevel(logrus.TraceLevel))).Log(level, "m")
		sentrytest.RequireEvent(t, rec, sentrytest.HasMessage("m"), sentrytest.HasLevel(want))
	}
}

func TestAFatalEntryIsDeliveredBeforeTheExit(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	client, err := raven.New(srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(t.Context())
	logger := newLogger(ravenlogrus.NewHook(client))
	logger.ExitFunc = func(int) {
		if n := len(srv.Events()); n != 1 {
			t.Errorf("%d events had arrived when logrus called ExitFunc", n)
		}
	}
	logger.Fatal("the end")
}

// logrus fires no hooks after a hook that returns an error.
func TestAFatalEntryThatIsLostStopsLaterHooks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		level logrus.Level
		want  []logrus.Level
	}{{logrus.ErrorLevel, []logrus.Level{logrus.ErrorLevel}}, {logrus.FatalLevel, nil}} {
		client, rec := clienttest.Recorded(t)
		rec.Fail(io.ErrUnexpectedEOF)
		l := logrus.New()
		l.SetOutput(io.Discard)
		l.ExitFunc = func(int) {}
		behind := new(firing)
		l.AddHook(ravenlogrus.NewHook(client))
		l.AddHook(behind)
		l.Log(tt.level, "x")
		NewWithT(t).Expect(behind.fired).To(Equal(tt.want), "%s", tt.level)
	}
}

type firing struct{ fired []logrus.Level }

func (f *firing) Levels() []logrus.Level { return logrus.AllLevels }
func (f *firing) Fire(e *logrus.Entry) error {
	f.fired = append(f.fired, e.Level)
	return nil
}
