package gen_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docLink matches a link in a comment to a name of the same package.
var docLink = regexp.MustCompile(`\[\*?([A-Z]\w*(?:\.\w+)?)\]`)

// A link to a name that is gone stays in its brackets, and misleads the reader.
func TestLinksInCommentsLeadSomewhere(t *testing.T) {
	fset := token.NewFileSet()
	folders := map[string][]*ast.File{}
	for _, path := range goFiles(t, "..") {
		if !strings.HasSuffix(path, ".go") {
			continue
		}
		file, err := parser.ParseFile(fset, filepath.Join("..", path), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		folders[filepath.Dir(path)] = append(folders[filepath.Dir(path)], file)
	}
	links := 0
	for _, files := range folders {
		names := map[string]bool{}
		add := func(declared ...*ast.Ident) {
			for _, name := range declared {
				names[name.Name] = true
			}
		}
		for _, file := range files {
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					add(n.Name)
				case *ast.TypeSpec:
					add(n.Name)
				case *ast.ValueSpec:
					add(n.Names...)
				case *ast.Field:
					add(n.Names...)
				}
				return true
			})
		}
		for _, file := range files {
			for _, comment := range file.Comments {
				for _, m := range docLink.FindAllStringSubmatch(comment.Text(), -1) {
					links++
					for name := range strings.SplitSeq(m[1], ".") {
						if !names[name] {
							t.Errorf("%s: nothing has the name in %s", fset.Position(comment.Pos()), m[0])
						}
					}
				}
			}
		}
	}
	if links < 500 {
		t.Errorf("only %d links were found", links)
	}
}
