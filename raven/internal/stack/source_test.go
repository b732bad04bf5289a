package stack

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/gomega"
)

// sourceFile returns the path of a file with the content.
func sourceFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.go")
	gomega.NewWithT(t).Expect(os.WriteFile(path, []byte(content), 0o600)).To(gomega.Succeed())
	return path
}

func frameIn(path string, line int) *Call {
	return &Call{Frame: Frame{AbsPath: path, Lineno: line}}
}

// lines are all the lines around a call, nil for none.
func lines(r *Call) []string {
	pre, line, post, ok := r.Source(MaxSourceLines)
	if !ok {
		return nil
	}
	return append(append(slices.Clone(pre), line), post...)
}

func TestSourceIsReadOnce(t *testing.T) {
	g := gomega.NewWithT(t)
	path := sourceFile(t, "a\nb\nc\n")
	r := frameIn(path, 2)
	g.Expect(lines(r)).To(gomega.Equal([]string{"a", "b", "c"}))
	g.Expect(os.Remove(path)).To(gomega.Succeed())
	g.Expect(lines(r)).To(gomega.Equal([]string{"a", "b", "c"}))

	r = frameIn(path, 2)
	g.Expect(lines(r)).To(gomega.BeNil())
	g.Expect(os.WriteFile(path, []byte("a\nb\n"), 0o600)).To(gomega.Succeed())
	g.Expect(lines(r)).To(gomega.BeNil(), "absence is remembered too")
}

func TestExcerpts(t *testing.T) {
	numbered := strings.Repeat("x\n", 29) + "here\r\n" + strings.Repeat("y\n", 30)
	long := strings.Repeat("é", 513)
	for _, tt := range []struct {
		name, content string
		line          int
		pre           []string
		want          string
		post          []string
	}{
		{"in the middle", numbered, 30, []string{"x", "x"}, "here", []string{"y", "y"}},
		{"at the start", "here\ny\n", 1, []string{}, "here", []string{"y"}},
		{"at the end", "x\nhere", 2, []string{"x"}, "here", []string{}},
		{"long", long + "\n" + long[2:], 1, []string{}, strings.Repeat("é", 509) + "...", []string{long[2:]}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pre, line, post, _ := frameIn(sourceFile(t, tt.content), tt.line).Source(2)
			gomega.NewWithT(t).Expect([]any{pre, line, post}).To(gomega.Equal([]any{tt.pre, tt.want, tt.post}))
		})
	}
}

func TestNoExcerpt(t *testing.T) {
	g := gomega.NewWithT(t)
	path := sourceFile(t, "a\n")
	t.Chdir(filepath.Dir(path))
	for name, r := range map[string]*Call{
		"behind the end":   frameIn(path, 2),
		"no line":          frameIn(path, 0),
		"a relative path":  frameIn(filepath.Base(path), 1),
		"a folder":         frameIn(filepath.Dir(path), 1),
		"an endless line":  frameIn(sourceFile(t, strings.Repeat("x", 1<<17)), 1),
		"no file":          frameIn(path+"x", 1),
		"an enormous file": frameIn(sourceFile(t, strings.Repeat("x\n", maxSourceFile/2+1)), 1),
	} {
		g.Expect(lines(r)).To(gomega.BeNil(), name)
	}
}
