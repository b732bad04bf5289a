package sentrytest_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// Both explanations are what the Require functions say, word for word.
func TestExplain(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	list := sentrytest.EventList{{Level: "error", Message: "hello"}, {Level: "info", Message: "boom"}}
	wanted := []sentrytest.Predicate{sentrytest.HasMessage("boom"), sentrytest.HasLevel("error")}
	failures, _ := run(t, func(tb *fakeTB) { sentrytest.RequireEvent(tb, list, wanted...) })
	g.Expect(sentrytest.Explain(list, wanted...)).To(Equal(failures))
	g.Expect(failures).To(HavePrefix("sentrytest: 0 of 1 wanted event\n  wanted: message \"boom\" and level error\n"))
	g.Expect(sentrytest.Explain(list, sentrytest.HasMessage("boom"))).To(HavePrefix("sentrytest: 1 of 1 wanted event\n"))

	failures, _ = run(t, func(tb *fakeTB) { sentrytest.RequireNoEvent(tb, list, sentrytest.HasMessage("boom")) })
	g.Expect(sentrytest.ExplainUnexpected(list, sentrytest.HasMessage("boom"))).To(Equal(failures))
	g.Expect(failures).To(Equal("sentrytest: unexpected event\n  wanted none with: message \"boom\"\n  arrived:\n    info \"boom\""))
	g.Expect(sentrytest.ExplainUnexpected(list, sentrytest.HasMessage("x"))).To(Equal(
		"sentrytest: unexpected event\n  wanted none with: message \"x\"\n  arrived: nothing that meets them"))
}
