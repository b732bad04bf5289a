package main

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

func TestRunStopsProcessesInOtherSessions(t *testing.T) {
	for _, job := range []string{"session", "session stubborn"} {
		t.Run(job, func(t *testing.T) {
			g := NewWithT(t)
			t.Setenv(childJob, job)
			t.Setenv(markName, "ofTheRunAround")
			r, w, err := os.Pipe()
			g.Expect(err).NotTo(HaveOccurred())
			defer r.Close()
			g.Expect(r.SetReadDeadline(time.Now().Add(time.Minute))).To(Succeed())
			var errs strings.Builder
			code := run(t.Context(), []string{"run", "--timeout=1s", "--", os.Args[0]}, transport.DefaultRegistry(), strings.NewReader(""), w, &errs)
			g.Expect(code).To(Equal(1))
			g.Expect(errs.String()).To(HaveSuffix(" was stopped after the timeout of 1s\n"))
			g.Expect(w.Close()).To(Succeed())
			text, err := io.ReadAll(r) // ends when no process can write to it
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(string(text)).To(Equal("asleep\n"))
		})
	}
}
