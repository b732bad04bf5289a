package ravenslog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenslog"
	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestAnErrorAttributeBecomesTheException(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	logger := slog.New(ravenslog.NewHandler(client, nil, ravenslog.WithLogger("shop")))

	logger.With("host", "db1").WithGroup("order").Error("checkout failed",
		"error", fmt.Errorf("pay: %w", errors.New("card declined")), "id", 17, "second", errors.New("and this"))

	e := sentrytest.RequireEvent(t, rec, sentrytest.HasMessage("checkout failed"), sentrytest.HasException("", "card declined"),
		sentrytest.HasLevel("error"), sentrytest.HasExtra("host", "db1"), sentrytest.HasExtra("order.id", 17),
		sentrytest.HasExtra("order.second", "and this"))
	g := NewWithT(t)
	g.Expect(e.Logger).To(Equal("shop"))
	g.Expect(e.Exceptions).To(HaveLen(2))
	frames := e.Exceptions[1].Stacktrace.Frames
	g.Expect(frames[len(frames)-1].Function).To(Equal("TestAnErrorAttributeBecomesTheException"), "the stack ends at the logging call")
}

func TestLevels(t *testing.T) {
	t.Parallel()
	for level, want := range map[slog.Level]string{
		slog.LevelDebug: "debug", slog.LevelInfo: "info", slog.LevelInfo + 1: "info", slog.LevelWarn: "warning",
		slog.LevelError: "error", slog.LevelError + 3: "error", ravenslog.LevelFatal: "fatal", ravenslog.LevelFatal + 9: "fatal",
	} {
		client, rec := clienttest.Recorded(t)
		slog.New(ravenslog.NewHandler(client, nil, ravenslog.WithEventLevel(slog.LevelDebug))).Log(t.Context(), level, "m")
		sentrytest.RequireEvent(t, rec, sentrytest.HasMessage("m"), sentrytest.HasLevel(want))
	}
}

func TestRecordsBelowErrorLevelBecomeBreadcrumbs(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	logger := slog.New(ravenslog.NewHandler(client, nil))
	ctx, _ := raven.NewContext(t.Context(), client)

	logger.DebugContext(ctx, "too small")
	logger.InfoContext(ctx, "signed in", "user", "ada", slog.Group("from", "ip", "::1"))
	logger.WarnContext(ctx, "slow", "error", errors.New("a timeout"))
	logger.Info("somewhere else")
	logger.ErrorContext(ctx, "failed")

	e := sentrytest.RequireEvent(t, rec, sentrytest.HasMessage("failed"))
	g.Expect(e.Breadcrumbs).To(HaveLen(2))
	g.Expect(e.Breadcrumbs[0].Message).To(Equal("signed in"))
	g.Expect(e.Breadcrumbs[0].Category).To(Equal("log"))
	g.Expect(e.Breadcrumbs[0].Data).To(Equal(map[string]any{"user": "ada", "from": map[string]any{"ip": "::1"}}))
	g.Expect(e.Breadcrumbs[1].Level).To(Equal("warning"))
	g.Expect(e.Breadcrumbs[1].Data).To(HaveKeyWithValue("error", "a timeout"))
	g.Expect(e.Stacktrace).To(BeNil(), "without WithStack, a message has no stack")
}

func TestAttributesWithOptionsAndTags(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	given := map[string]any{"empty": map[string]any{}}
	slog.New(ravenslog.NewHandler(client, nil, ravenslog.WithTags("shard", "absent"), ravenslog.WithStack())).With("shard", 7).
		Error("m", "", raven.Fingerprint{"one issue"}, "request", &raven.Request{URL: "https://shop.example/"}, "given", given)

	e := sentrytest.RequireEvent(t, rec, sentrytest.HasTag("shard", "7"), sentrytest.HasFingerprint("one issue"))
	g := NewWithT(t)
	g.Expect(e.Tags).To(HaveLen(1))
	g.Expect(e.Request.URL).To(Equal("https://shop.example/"))
	g.Expect(e.Extra).To(HaveLen(1), "%v", e.Extra)
	g.Expect(given).To(HaveKey("empty"), "the caller's map is unchanged")
	g.Expect(e.Stacktrace.Frames).NotTo(BeEmpty())
}

// A client may log through a handler that reports with the same client. Without
// a check, each failed delivery would be logged and reported again without end.
func TestTheClientsOwnLogMakesNoEvents(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	next := slog.NewTextHandler(&out, nil)
	holder := &late{}
	client, rec := clienttest.Recorded(t, raven.WithLogger(slog.New(holder)))
	holder.Handler = ravenslog.NewHandler(client, next)
	rec.Fail(errors.New("no route to host"))

	client.CaptureMessage(t.Context(), "lost")
	g := NewWithT(t)
	g.Expect(client.Flush(t.Context())).To(MatchError(ContainSubstring("events lost")))
	g.Expect(out.String()).To(ContainSubstring("no route to host"))
	// The backoff keeps further events from the transport. Captured counts
	// them.
	g.Expect(client.Stats().Captured).To(BeEquivalentTo(1), "only the message, not the log records about it")
}

// late is a handler that is set after the logger is made.
type late struct{ slog.Handler }

func TestEnabled(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	var out bytes.Buffer
	h := ravenslog.NewHandler(client, slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelError}), ravenslog.WithBreadcrumbLevel(slog.LevelWarn))
	g.Expect(h.Enabled(t.Context(), slog.LevelInfo)).To(BeFalse())
	g.Expect(h.Enabled(t.Context(), slog.LevelWarn)).To(BeTrue())

	slog.New(h).Warn("below the next handler's level")
	g.Expect(out.String()).To(BeEmpty())
	client.CaptureMessage(t.Context(), "m")
	g.Expect(sentrytest.RequireEvent(t, rec).Breadcrumbs).To(HaveLen(1))

	g.Expect(h.WithGroup("")).To(BeIdenticalTo(h))
	g.Expect(h.WithAttrs(nil)).To(BeIdenticalTo(h))
}

func TestTheEventHasTheTimeOfTheRecord(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r := slog.NewRecord(at, slog.LevelError, "m", 0)
	if err := ravenslog.NewHandler(client, nil).Handle(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	NewWithT(t).Expect(sentrytest.RequireEvent(t, rec).Timestamp).To(Equal(at))
}
