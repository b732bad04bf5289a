package gen_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// Widths in columns. A tab counts 4.
const (
	commentWidth = 80
	pageWidth    = 80
)

// unbroken are comment lines that can't be broken: directives, commands, and
// what has a long word.
var unbroken = regexp.MustCompile(`^\s*//(go:|nolint|lint:|\s{2,}|\t|.*\S{60})`)

// TestCommentsAreNarrow leaves out comments behind code and the outputs of
// Examples, which are compared with what is printed.
func TestCommentsAreNarrow(t *testing.T) {
	for _, path := range goFiles(t, "..") {
		if !strings.HasSuffix(path, ".go") || isGenerated(path) {
			continue
		}
		text, err := os.ReadFile(filepath.Join("..", path))
		if err != nil {
			t.Fatal(err)
		}
		output, raw := false, false
		for i, line := range strings.Split(string(text), "\n") {
			trimmed := strings.TrimSpace(line)
			inText := raw
			raw = raw != (strings.Count(line, "`")%2 == 1)
			comment := strings.HasPrefix(trimmed, "//") && !inText
			output = comment && (output || strings.HasPrefix(trimmed, "// Output:") || strings.HasPrefix(trimmed, "// Unordered output:"))
			width := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    "))
			if comment && !output && width > commentWidth && !unbroken.MatchString(line) {
				t.Errorf("%s:%d: the comment is %d columns wide; %d is the most", path, i+1, width, commentWidth)
			}
		}
	}
}

// TestPagesAreNarrow leaves out code, tables, HTML, links, and what is generated.
func TestPagesAreNarrow(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	pages = append(pages, "../README.md", "../CONTRIBUTING.md", "../CHANGELOG.md", "../SECURITY.md", "../docs/bench/README.md")
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		_, prose := codeBlocks(string(text))
		generated := false
		for _, line := range prose {
			switch {
			case strings.HasSuffix(line, ": generated -->"):
				generated = true
			case strings.HasPrefix(line, "<!-- /"):
				generated = false
			}
			other := generated || strings.HasPrefix(strings.TrimSpace(line), "<") || strings.HasPrefix(line, "|") || strings.HasPrefix(line, "    ")
			if n := utf8.RuneCountInString(line); n > pageWidth && !other && !strings.Contains(line, "](") {
				t.Errorf("%s: this line is %d columns wide; %d is the most: %s", page, n, pageWidth, line)
			}
		}
	}
}
