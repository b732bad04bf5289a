package sentrytest_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestHasContext(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	e := parse(t, `{"contexts":{"os":{"name":"linux"},"cloud.run":{"cpus":[1,2]}}}`)
	for _, p := range []sentrytest.Predicate{
		sentrytest.HasContext("os.name", "linux"),
		sentrytest.HasContext("cloud.run.cpus.-1", 2),
		sentrytest.HasContext("os", map[string]string{"name": "linux"}),
	} {
		g.Expect(p.Match(e)).To(Succeed(), p.String())
	}
	g.Expect(sentrytest.HasContext("os.name", "plan9").String()).To(Equal(`context os.name="plan9"`))
	g.Expect(sentrytest.HasContext("os.name", "plan9").Match(e)).To(MatchError(`context os.name is "linux"`))
	g.Expect(sentrytest.HasContext("gpu.name", "x").Match(e)).To(MatchError("there is no context gpu.name (contexts: cloud.run, os)"))
	g.Expect(sentrytest.HasContext("gpu", "x").Match(sentrytest.Event{})).To(MatchError("there is no context gpu, nor any other"))
}
