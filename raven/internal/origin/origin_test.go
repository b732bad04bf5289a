package origin_test

import (
	"context"
	"errors"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/origin"
	"github.com/ravenkit/ravenkit/transporttest"
)

// A program may capture an error and then log it.
func TestLoggedErrorsAreCapturedOnce(t *testing.T) {
	for name, option := range map[string]any{"Logged": origin.Logged, "LoggedText": origin.LoggedText} {
		g := NewWithT(t)
		logged, ok := option.(raven.CaptureOption)
		g.Expect(ok).To(BeTrue(), name)
		c, err := raven.New("https://key@sentry.invalid/1", raven.WithTransport(transporttest.NewRecorder()))
		g.Expect(err).NotTo(HaveOccurred())
		failure := errors.New("x")
		g.Expect(c.CaptureException(t.Context(), failure)).NotTo(BeEmpty())
		g.Expect(c.CaptureException(t.Context(), failure, logged)).To(BeEmpty(), name)
		g.Expect(c.CaptureException(t.Context(), failure)).NotTo(BeEmpty(), "two captures by the program are two events")
		g.Expect(c.Close(context.Background())).To(Succeed())
	}
}
