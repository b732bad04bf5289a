package crash

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/internal/filelock"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

func TestTake(t *testing.T) {
	if !filelock.Supported {
		t.Skip("the system has no locks")
	}
	g := gomega.NewWithT(t)
	path := filepath.Join(t.TempDir(), "folder", "app.crash")
	g.Expect(os.MkdirAll(filepath.Dir(path), 0o700)).To(gomega.Succeed())
	g.Expect(os.WriteFile(path, []byte(`{"raven_crash_file":1,"release":"r1"}`+"\npanic: boom\n"), 0o600)).To(gomega.Succeed())

	out, left, err := Take(path, Header{Release: "r2"})
	g.Expect(err).NotTo(gomega.HaveOccurred())
	defer out.Close()
	g.Expect(left).To(gomega.HaveLen(1))
	report, err := left[0].Report()
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect([]string{report.Output, report.Release}).To(gomega.Equal([]string{"panic: boom\n", "r1"}))
	g.Expect(report.At).NotTo(gomega.BeZero())
	g.Expect(os.ReadFile(path + ".2")).To(gomega.BeEquivalentTo(`{"raven_crash_file":1,"release":"r2"}` + "\n"))

	_, _, err = Take(path, Header{})
	g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring("another client")))
	g.Expect(left[0].Empty()).To(gomega.Succeed())
	left[0].Close()
	out.Close()
	out.Close()

	out, left, err = Take(path, Header{})
	g.Expect(err).NotTo(gomega.HaveOccurred(), "Close released the crash output")
	g.Expect(left).To(gomega.BeEmpty(), "Empty removed the crash")
	out.Close()
}

func TestPath(t *testing.T) {
	g := gomega.NewWithT(t)
	folder := t.TempDir()
	g.Expect(Path(folder, "p")).To(gomega.Equal(filepath.Join(folder, "crash.test.crash")))
	g.Expect(Path(folder+"/x", "p")).To(gomega.Equal(folder + "/x"))
	t.Setenv("XDG_CACHE_HOME", folder)
	t.Setenv("HOME", folder)
	if one, err := Path("", "p"); err == nil {
		two, _ := Path("", "q")
		g.Expect(one).NotTo(gomega.Equal(two), "projects have files of their own")
	}
}

func TestType(t *testing.T) {
	frames := []stack.Frame{{Module: "fmt", Function: "Print"}, {Module: "example.com/shop/v2", Function: "run.func1", InApp: true}}
	for text, want := range map[string][2]string{
		"boom":                               {"shop.run", "example.com/shop/v2"},
		"runtime error: index out of range":  {"runtime.Error", "runtime"},
		"send on closed channel":             {"runtime.Error", "runtime"},
		"interface conversion: x is nil":     {"*runtime.TypeAssertionError", "runtime"},
		"panic called with nil argument ...": {"*runtime.PanicNilError", "runtime"},
	} {
		name, module := (&Crash{Kind: "panic", Text: text}).Type(frames)
		gomega.NewWithT(t).Expect([2]string{name, module}).To(gomega.Equal(want), text)
	}
	name, module := (&Crash{Kind: "fatal error"}).Type(frames)
	gomega.NewWithT(t).Expect(strings.TrimSpace(name + module)).To(gomega.Equal("fatal error"))
}
