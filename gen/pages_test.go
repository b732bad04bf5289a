package gen_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	sectionNamed = regexp.MustCompile(`(docs/[a-z-]+\.md),\s"([^"\n]+)"`)
	// brokenComment is where a comment goes on in the next line.
	brokenComment = regexp.MustCompile(`\n\s*// `)
)

// TestCommentsNameSectionsThatExist holds the references that comments and
// pages make to a section of a page, as in docs/protocol.md, "Tags".
func TestCommentsNameSectionsThatExist(t *testing.T) {
	headings := map[string]bool{}
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if heading, ok := strings.CutPrefix(line, "#"); ok {
				headings[filepath.Base(page)+" "+strings.TrimSpace(strings.TrimLeft(heading, "#"))] = true
			}
		}
	}
	named := 0
	for _, path := range goFiles(t, "..") {
		if !strings.HasSuffix(path, ".go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join("..", path))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range sectionNamed.FindAllStringSubmatch(brokenComment.ReplaceAllString(string(text), " "), -1) {
			if named++; !headings[filepath.Base(m[1])+" "+m[2]] {
				t.Errorf("%s names %s, %q, which is no section of it", path, m[1], m[2])
			}
		}
	}
	if named < 10 {
		t.Errorf("only %d sections are named", named)
	}
}
