package problemlog_test

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/problemlog"
)

// The first lines are kept, each without its prefix and what follows it.
func TestLog(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var reported int
	l := problemlog.Log{Report: func(string) { reported++ }}
	for i := range 30 {
		fmt.Fprintf(&l, "http: line %d\nmore\n", i)
	}
	g.Expect(reported).To(Equal(30))
	all := l.All()
	g.Expect(all).To(HaveLen(20))
	g.Expect(all[0]).To(Equal("line 0"))
	l.Clear()
	g.Expect(l.All()).To(BeEmpty())
	g.Expect(all).To(HaveLen(20))
}
