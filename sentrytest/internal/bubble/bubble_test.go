package bubble_test

import (
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/bubble"
)

func TestInside(t *testing.T) {
	t.Parallel()
	NewWithT(t).Expect(bubble.Inside()).To(BeFalse())
	synctest.Test(t, func(t *testing.T) {
		NewWithT(t).Expect(bubble.Inside()).To(BeTrue())
		inside := make(chan bool)
		go func() { inside <- bubble.Inside() }()
		NewWithT(t).Expect(<-inside).To(BeTrue())
	})
}
