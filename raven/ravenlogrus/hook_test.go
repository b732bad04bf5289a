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
	g.Expect(frames[len(frames)-1].Function).To(Equal("TestTheErrorBecomesTheException"), "the stack ends where it was logged")
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

func TestWhatIsNoErrorBecomesABreadcrumb(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	logger := newLogger(ravenlogrus.NewHook(client, ravenlogrus.WithBreadcrumbLevel(logrus.InfoLevel), ravenlogrus.WithStack()))
	ctx, _ := raven.NewContext(t.Context(), client)

	logger.WithContext(ctx).Debug("too small")
	logger.WithContext(ctx).WithField("user", "ada").Info("signed in")
	logger.Info("somewhere else")
	logger.WithContext(ctx).Error("failed")

	e := sentrytest.RequireEvent(t, rec, sentrytest.HasMessage("failed"))
	g.Expect(e.Breadcrumbs).To(HaveLen(1))
	g.Expect(e.Breadcrumbs[0].Message).To(Equal("signed in"))
	g.Expect(e.Breadcrumbs[0].Data).To(Equal(map[string]any{"user": "ada"}))
	g.Expect(e.Stacktrace).NotTo(BeNil())
}

func TestWithoutAClientItFindsOne(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	logger := newLogger(ravenlogrus.NewHook(nil))
	ctx, _ := raven.NewContext(t.Context(), client)

	logger.Error("no client for this")
	logger.WithContext(ctx).Error("with a client")

	sentrytest.RequireEvents(t, rec, 1, sentrytest.HasMessage("with a client"))
}

func TestWhatEndsTheProgramIsDeliveredFirst(t *testing.T) {
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
			t.Errorf("%d events had arrived when logrus wanted to exit", n)
		}
	}
	logger.Fatal("the end")
}
