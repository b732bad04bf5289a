package transporttest

import (
	"slices"
	"strings"
)

// Case is one case of the conformance suite: a rule that every transport keeps,
// and the proof. [Cases] has all of them.
type Case struct {
	// Name is a Go identifier, such as "AfterClose".
	Name string
	// Rule is what the case proves, in the words of the interfaces' comments
	// where they speak of it. It is printed when the case fails.
	Rule string

	needs []need
	both  bool // run over http and over https, rather than the first of them
	// http1 says why the case is not run over HTTP/2; "" for a case that is.
	http1 string
	run   func(t *trial)
}

// Cases returns the cases of the suite, for hosts that want to make a subtest,
// a Ginkgo entry or a table of each:
//
//	for _, c := range transporttest.Cases() {
//		t.Run(c.Name, func(t *testing.T) { c.Run(t, harness) })
//	}
//
// Cases are independent of each other and may run in parallel.
func Cases() []Case {
	return slices.Concat(deliveryCases, packetCases, answerCases, limitCases, timeoutCases, connectionCases,
		tlsCases, optionCases, envCases, onceCases, callbackCases, queueCases, flushCases, closeCases,
		holdCases, pauseCases, holdEndCases, leakCases)
}

// Run runs the case against the harness's transport. Where the case does not
// apply, or the harness skips it, it logs why and does nothing.
func (c Case) Run(t T, h Harness) {
	t.Helper()
	if unknown := h.unknownSkips(); len(unknown) > 0 {
		t.Fatalf("transporttest: the harness skips what is no case: %s", strings.Join(unknown, ", "))
	}
	c.try(t, h)
}

func (c Case) try(t T, h Harness) {
	t.Helper()
	if ok, why := c.Applies(h); !ok {
		t.Logf("%s: %s", c.Name, why)
		return
	}
	if len(h.bases()) == 0 {
		t.Fatalf("%s: the registry has no driver for %q or %q (it has: %s)", c.Name,
			h.scheme("http"), h.scheme("https"), strings.Join(h.registry().Schemes(), ", "))
	}
	if h.HTTP2 && c.http1 != "" {
		t.Logf("%s: not run over HTTP/2: %s", c.Name, c.http1)
	}
	for _, over := range h.carriers(c) {
		tr := &trial{T: t, c: c, h: h, carrier: over}
		c.run(tr)
		tr.spoken()
	}
}

// Applies reports whether the harness's transport is one that the case is
// about, and is not skipped; why not, else. A case that is about queues, for
// example, does not apply to transports that have none.
func (c Case) Applies(h Harness) (ok bool, why string) {
	if reason, skipped := h.Skip[c.Name]; skipped {
		return false, "skipped: " + reason
	}
	for _, n := range c.needs {
		if !n.met(h) {
			return false, "does not apply: " + n.otherwise
		}
	}
	return true, ""
}
