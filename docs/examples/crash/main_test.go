package main

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"testing"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"
)

// TestMain runs the tests, or the child that a test started.
func TestMain(m *testing.M) {
	if dsn := os.Getenv(childDSN); dsn != "" {
		os.Exit(child(dsn, os.Stdin, os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

func TestNothingIsLost(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	g.Expect(run(t.Context(), []string{"-rounds", "4"}, &out, io.Discard)).To(Succeed(), out.String())
	g.Expect(out.String()).To(MatchRegexp(`(?s)^round  Sentry .*\n    2  down   .*\n  end  up  .*\n\ncaptured \d+, arrived \d+, lost 0\n\d+ arrived twice`))
	n := regexp.MustCompile(`captured (\d+), arrived (\d+),`).FindStringSubmatch(out.String())
	g.Expect(n[1]).To(Equal(n[2]))
	g.Expect(n[1]).NotTo(Equal("0"))
}

func TestALossIsAnError(t *testing.T) {
	g := NewWithT(t)
	s, err := startSentry()
	g.Expect(err).NotTo(HaveOccurred())
	defer s.close()
	s.arrived = map[string]int{"a": 1, "b": 2}
	var out bytes.Buffer
	g.Expect(report(&out, s, tally{onDisk: []string{"a", "b", "c"}, inMemory: []string{"d"}})).To(MatchError(errLost))
	g.Expect(out.String()).To(And(
		ContainSubstring("captured 3, arrived 2, lost 1\n1 arrived twice"),
		ContainSubstring("1 more were in memory only"), ContainSubstring("missing: c\n")))
}

func TestALineWithoutAnEndDoesNotCount(t *testing.T) {
	var all tally
	all.read(bytes.NewBufferString("a on disk\nb in memory\nc on di"))
	NewWithT(t).Expect(all).To(Equal(tally{onDisk: []string{"a"}, inMemory: []string{"b"}}))
}
