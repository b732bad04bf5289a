package sentrytest

import (
	"testing"

	"github.com/onsi/gomega"
)

// However many predicates read an event's JSON, it is decoded once.
func TestSubjectDecodesOnce(t *testing.T) {
	t.Parallel()
	g := gomega.NewWithT(t)
	s := &subject{Event: Event{Raw: []byte(`{"a":{"b":1}}`)}}
	p := AllOf(HasJSON("a.b", 1), Not(HasJSON("a.c", 1)), AnyOf(HasJSON("a.b", 2), HasJSON("a.b", 1)))
	g.Expect(p.meet(s)).To(gomega.Succeed())
	tree := s.tree.(map[string]any)
	tree["a"] = map[string]any{"b": 5.0} // seen by the next predicate if that reads the same tree
	g.Expect(HasJSON("a.b", 5).meet(s)).To(gomega.Succeed())
}
