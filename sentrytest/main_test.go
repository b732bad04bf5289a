package sentrytest_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// Many tests here fail on purpose, inside of a fakeTB, and would leave
	// their artifacts behind.
	dir, err := os.MkdirTemp("", "sentrytest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if os.Getenv("SENTRYTEST_ARTIFACTS") == "" {
		os.Setenv("SENTRYTEST_ARTIFACTS", dir)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}
