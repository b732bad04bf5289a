package transporttest

import (
	"context"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// T is what the conformance suite asks of its host. *testing.T, *testing.B and
// Ginkgo's GinkgoT() and GinkgoTB() have it, and a program can bring its own.
//
// The suite calls a T only from the goroutine that called into it and from
// Cleanup functions. Fatalf must not return.
type T interface {
	sentrytest.TB
	// Context ends when the test is over, before the Cleanup functions run.
	Context() context.Context
}
