package transporttest

import (
	"context"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// T is the part of a test that the conformance suite needs. *testing.T,
// *testing.B and Ginkgo's GinkgoT() and GinkgoTB() have it; a program can
// implement its own.
//
// The suite calls a T only from the goroutine that called the suite, and from
// Cleanup functions. Fatalf must not return.
type T interface {
	sentrytest.TB
	// Context ends when the test is over, before the Cleanup functions run.
	Context() context.Context
}
