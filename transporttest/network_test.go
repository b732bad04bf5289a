package transporttest_test

import (
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transporttest"
)

// Transports that hold run the cases that take an hour here.
func TestCheckInABubble(t *testing.T) {
	t.Parallel()
	all, alias := harnesses()
	held := 0
	for _, h := range all {
		name := h.Scheme
		if alias[name] {
			continue
		}
		if holds(h) {
			held++
		} else if name != "sync" && name != "pool" {
			continue
		}
		t.Run(name+"+http(s)", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				h.Network = new(transporttest.Network)
				start := time.Now()
				g.Expect(transporttest.Check(t.Context(), h)).To(BeEmpty())
				g.Expect(time.Since(start)).To(BeNumerically(">", 0), "time-outs use the bubble's clock")
			})
		})
	}
	NewWithT(t).Expect(held).To(BeNumerically(">=", 4), "threaded, threaded+resty, reactor and fasthttp hold")
}

// holds reports whether the cases about holding apply.
func holds(h transporttest.Harness) bool {
	for _, c := range transporttest.Cases() {
		if c.Name == "HoldRepeats" {
			ok, _ := c.Applies(h)
			return ok
		}
	}
	return false
}

// Only failing transports wait for the end of Patience.
func TestNoPassingCaseWaitsForPatience(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"sync", "threaded"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			for _, c := range transporttest.Cases() {
				synctest.Test(t, func(t *testing.T) {
					g := NewWithT(t)
					skip := make(map[string]string)
					for _, other := range transporttest.Cases() {
						if other.Name != c.Name {
							skip[other.Name] = "not now"
						}
					}
					const patience = 1000 * time.Hour // some cases take hours
					start := time.Now()
					h := transporttest.Harness{Scheme: scheme, Network: new(transporttest.Network), Patience: patience, Skip: skip}
					g.Expect(transporttest.Check(t.Context(), h)).To(BeEmpty(), c.Name)
					g.Expect(time.Since(start)).To(BeNumerically("<", patience), c.Name)
				})
			}
		})
	}
}

func TestNetworkRefusesUnknownAddresses(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	_, err := new(transporttest.Network).DialContext(t.Context(), "tcp", "sentry.invalid:443")
	g.Expect(errors.Is(err, syscall.ECONNREFUSED)).To(BeTrue())
	g.Expect(err).To(MatchError("dial tcp: sentry.invalid:443: connection refused"))
}
