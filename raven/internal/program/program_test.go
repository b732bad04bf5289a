package program_test

import (
	"runtime"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven/internal/program"
)

func TestOwns(t *testing.T) {
	for pkg, want := range map[string]bool{
		"main": true, "github.com/ravenkit/ravenkit/raven": true, "github.com/ravenkit/ravenkit_test": true,
		"github.com/ravenkit/ravenkitx": false, "github.com/onsi/gomega": false, "net/http": false, "": false,
	} {
		NewWithT(t).Expect(program.Owns(pkg)).To(Equal(want), pkg)
	}
}

func TestBelow(t *testing.T) {
	for _, tt := range []struct {
		pkg, root string
		want      bool
	}{
		{"a/b", "a/b", true}, {"a/b/c", "a/b", true}, {"a/b/c", "a/b/", true}, {"a/bc", "a/b", false}, {"a", "a/b", false},
	} {
		NewWithT(t).Expect(program.Below(tt.pkg, tt.root)).To(Equal(tt.want), "%+v", tt)
	}
}

func TestWhatTheLinkerBuiltIn(t *testing.T) {
	g := NewWithT(t)
	g.Expect(program.Modules()).To(HaveKeyWithValue("go", runtime.Version()))
	g.Expect(program.Modules()).To(HaveKeyWithValue("github.com/ravenkit/ravenkit", "(devel)"), "tests list no dependencies")
	g.Expect(program.Path()).To(HaveSuffix("raven/internal/program.test"))
	g.Expect(program.Name()).To(Equal("program.test"))
	g.Expect(program.Revision()).To(BeEmpty(), "tests have none")
}
