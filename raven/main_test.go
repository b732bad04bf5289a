package raven_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if how := os.Getenv("RAVEN_TEST_CRASH"); how != "" {
		crash(how)
	}
	goleak.VerifyTestMain(m)
}
