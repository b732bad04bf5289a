package gen_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const testingPage = "../docs/testing.md"

type codeBlock struct {
	line     int    // line of its fence, from 1
	language string // "" for none
	file     string // the Go file of the last link before it
	text     []string
}

var linkToGo = regexp.MustCompile(`\]\(([^)]+\.go)\)`)

func codeBlocks(page string) (blocks []codeBlock, prose []string) {
	file, open := "", false
	for i, line := range strings.Split(page, "\n") {
		if language, ok := strings.CutPrefix(line, "```"); ok {
			if open = !open; open {
				blocks = append(blocks, codeBlock{line: i + 1, language: language, file: file})
			}
			continue
		}
		if open {
			b := &blocks[len(blocks)-1]
			b.text = append(b.text, line)
			continue
		}
		prose = append(prose, line)
		if links := linkToGo.FindAllStringSubmatch(line, -1); links != nil {
			file = links[len(links)-1][1]
		}
	}
	return blocks, prose
}

// significant returns the lines that are not blank, without their indentation
// and without a leading "//", so that the outputs of Examples can be quoted.
func significant(lines []string) []string {
	var out []string
	for _, line := range lines {
		if line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "//")); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// missingFrom returns the first line of the block that the file does not have
// at that place, or "". Lines in sequence must be in sequence in the file; the
// parts around "…" must be in the same order.
func (b codeBlock) missingFrom(file []string) string {
	rest := significant(file)
	for part := range strings.SplitSeq(strings.Join(significant(b.text), "\n"), "\n…\n") {
		lines := strings.Split(part, "\n")
		at, longest := 0, 0
		for i := range rest {
			same := 0
			for same < len(lines) && i+same < len(rest) && rest[i+same] == lines[same] {
				same++
			}
			if same > longest {
				at, longest = i, same
			}
		}
		if longest < len(lines) {
			return lines[longest]
		}
		rest = rest[at+len(lines):]
	}
	return ""
}

// The code on the page is compiled and run.
func TestTheTestingPageQuotesItsFiles(t *testing.T) {
	page, err := os.ReadFile(testingPage)
	if err != nil {
		t.Fatal(err)
	}
	blocks, _ := codeBlocks(string(page))
	quotes := 0
	for _, b := range blocks {
		if b.language != "go" && b.language != "text" {
			continue
		}
		quotes++
		if b.file == "" {
			t.Errorf("%s:%d: no link to a Go file before this block", testingPage, b.line)
			continue
		}
		file, err := os.ReadFile(filepath.Join(filepath.Dir(testingPage), b.file))
		if err != nil {
			t.Errorf("%s:%d: %v", testingPage, b.line, err)
			continue
		}
		if missing := b.missingFrom(strings.Split(string(file), "\n")); missing != "" {
			t.Errorf("%s:%d: %s does not have this line at that place: %s", testingPage, b.line, b.file, missing)
		}
	}
	if quotes == 0 {
		t.Errorf("%s has no blocks", testingPage)
	}
}

func TestMissingFrom(t *testing.T) {
	file := []string{"func f() {", "\ta()", "", "\tb()", "\t// Output:", "\t// it is c", "}"}
	for name, c := range map[string]struct {
		block []string
		want  string
	}{
		"quoted":           {[]string{"a()", "b()"}, ""},
		"with an omission": {[]string{"func f() {", "…", "  b()"}, ""},
		"an output":        {[]string{"it is c"}, ""},
		"changed":          {[]string{"a(1)"}, "a(1)"},
		"left out":         {[]string{"func f() {", "b()"}, "b()"},
		"another order":    {[]string{"b()", "…", "a()"}, "a()"},
	} {
		if got := (codeBlock{text: c.block}).missingFrom(file); got != c.want {
			t.Errorf("%s: %q is missing, want %q", name, got, c.want)
		}
	}
}

// exported collects the exported names of packages: functions, methods, types,
// fields, constants and variables.
func exported(t *testing.T, packages ...string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, pkg := range packages {
		files, err := filepath.Glob(filepath.Join("..", pkg, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has no files: %v", pkg, err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					names[n.Name.Name] = true
					return false
				case *ast.TypeSpec:
					names[n.Name.Name] = true
				case *ast.ValueSpec:
					for _, name := range n.Names {
						names[name.Name] = true
					}
				case *ast.Field:
					for _, name := range n.Names {
						names[name.Name] = true
					}
				}
				return true
			})
		}
	}
	return names
}

var (
	codeSpan   = regexp.MustCompile("`([^`]+)`")
	identifier = regexp.MustCompile(`^\*?(?:\w+\.)?([A-Z][a-z]\w*|[A-Z]{2,}[a-z]\w*|[A-Z]+[0-9]\w*)(?:\(|$)`)
	link       = regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	notOurs    = []string{"BeforeSend", "Activate", "Init", "Sleep"}
)

// Names and links in the text of the page become wrong, like quotes.
func TestNamesOnTheTestingPageExist(t *testing.T) {
	page, err := os.ReadFile(testingPage)
	if err != nil {
		t.Fatal(err)
	}
	names := exported(t, "sentrytest", "sentrytest/sentrymatchers", "sentrytest/sentryhttpmock", "transporttest", "transport", "raven", "raven/raventest")
	_, prose := codeBlocks(string(page))
	checked := 0
	for _, line := range prose {
		for _, span := range codeSpan.FindAllStringSubmatch(line, -1) {
			if found := identifier.FindStringSubmatch(span[1]); found != nil && !slices.Contains(notOurs, found[1]) {
				checked++
				if !names[found[1]] {
					t.Errorf("%s names %q, which no package has", testingPage, span[1])
				}
			}
		}
		for _, target := range link.FindAllStringSubmatch(line, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(testingPage), target[1])); errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s links to %s, which does not exist", testingPage, target[1])
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d names were found to check", checked)
	}
}

// The page must name every fault, condition and predicate, and every option by
// which servers differ.
func TestTheTestingPageNamesAllFaultsAndPredicates(t *testing.T) {
	page, err := os.ReadFile(testingPage)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../sentrytest/*.go")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() || fn.Type.Results == nil || len(fn.Type.Results.List) != 1 {
				continue
			}
			result, _ := fn.Type.Results.List[0].Type.(*ast.Ident)
			if result == nil {
				continue
			}
			listed := result.Name == "Step" || fn.Recv == nil && (result.Name == "Condition" || result.Name == "Predicate" ||
				result.Name == "Option" && filepath.Base(path) == "rules.go")
			if !listed {
				continue
			}
			checked++
			if !regexp.MustCompile("`[^`\n]*\\b" + fn.Name.Name + "\\b").Match(page) {
				t.Errorf("%s does not name %s, which is a %s", testingPage, fn.Name.Name, result.Name)
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d names were found to check", checked)
	}
}

// The first claims of the table are tested in one file.
func TestTheFirstClaimsAreInTheirFile(t *testing.T) {
	page, err := os.ReadFile(testingPage)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := os.ReadFile("../docs/examples/testing/shop/claims_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(page), "| claim | how |\n|---|---|\n")
	if !found || !strings.Contains(string(page), "The first six are in") {
		t.Fatalf("%s has no table of claims whose first six are in one file", testingPage)
	}
	for _, row := range strings.Split(table, "\n")[:6] {
		name := regexp.MustCompile("`(\\w+)\\(").FindStringSubmatch(row)
		if name == nil || !strings.Contains(string(claims), "sentrytest."+name[1]+"(") {
			t.Errorf("claims_test.go has no test for the row %s", row)
		}
	}
}
