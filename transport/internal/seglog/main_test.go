package seglog_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("SEGLOG_CHILD"); dir != "" {
		child(dir, os.Getenv("SEGLOG_NAME"))
		return
	}
	goleak.VerifyTestMain(m)
}
