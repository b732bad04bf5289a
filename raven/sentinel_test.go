package raven_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

func TestWithSentinels(t *testing.T) {
	g := NewWithT(t)
	_, err := raven.New(testDSN, raven.WithSentinels(io.EOF, nil))
	g.Expect(err).To(MatchError("raven: WithSentinels: error 2 is nil"))

	other := errors.New("other")
	c, rec := newRecorded(t, testDSN, nil, raven.WithSentinels(errPlain), raven.WithSentinels(other, uncomparable{"x"}))
	ctx, _ := raven.NewContext(t.Context(), c)
	for _, err := range []error{errPlain, other, uncomparable{"x"}} {
		c.CaptureException(ctx, err)
		c.CaptureException(ctx, fmt.Errorf("wrapped: %w", err))
	}
	g.Expect(rec.all()).To(HaveLen(6))
}
