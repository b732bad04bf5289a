package transporttest

import (
	"slices"
	"strings"
)

// Case is one case of the conformance suite: a rule for every transport, and
// its test. [Cases] returns all of them.
type Case struct {
	// Name is a Go identifier, such as "AfterClose".
	Name string
	// Rule is the rule that the case checks, in the words of the interfaces'
	// comments if they have it. It is printed when the case fails.
	Rule string

	needs []need
	both  bool // run over http and over https, not only over the first of them
	// http1 is the reason why the case does not run over HTTP/2; "" if it does.
	http1 string
	run   func(t *trial)
}

// Cases returns the cases of the suite, for hosts that make a subtest, a Ginkgo
// entry or a table of each:
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

// Run runs the case against the harness's transport. If the case does not
// apply, or the harness skips it, Run logs why and does nothing.
func (c Case) Run(t T, h Harness) {
	t.Helper()
	if unknown := h.unknownSkips(); len(unknown) > 0 {
		t.Fatalf("transporttest: the harness skips cases that do not exist: %s", strings.Join(unknown, ", "))
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

// Applies reports whether the case applies to the harness's transport and is
// not skipped; if not, why says the reason. For example, a case about queues
// does not apply to transports without a queue.
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
