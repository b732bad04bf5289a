package gen_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ravenkit/ravenkit/transport"
)

const architecturePage = "../docs/architecture.md"

// foreign are names on the page that are not from this repository.
var foreign = []string{"errors.As", "http.Server", "testing/synctest", "time", "go doc", "go generate ./...", "queue_bytes"}

// repository has the names that the page may use: files and folders by every
// ending of their paths, and the declarations in Go files.
type repository struct{ paths, names map[string]bool }

func readRepository(t *testing.T) repository {
	t.Helper()
	r := repository{map[string]bool{"internal": true}, map[string]bool{}}
	for _, file := range goFiles(t, "..") {
		for dir := file; dir != "."; dir = path.Dir(dir) {
			for ending := dir; ; {
				r.paths[ending] = true
				_, rest, found := strings.Cut(ending, "/")
				if !found {
					break
				}
				ending = rest
			}
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", file), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			r.declare(parsed.Name.Name, decl)
		}
	}
	return r
}

// declare adds the names of a declaration, alone and with the name of the
// package or type.
func (r repository) declare(pkg string, decl ast.Decl) {
	note := func(of, name string) { r.names[name], r.names[of+"."+name] = true, true }
	switch d := decl.(type) {
	case *ast.FuncDecl:
		note(pkg, d.Name.Name)
		if d.Recv != nil {
			of := d.Recv.List[0].Type
			if star, ok := of.(*ast.StarExpr); ok {
				of = star.X
			}
			if id, ok := of.(*ast.Ident); ok {
				note(id.Name, d.Name.Name)
			}
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			s, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			note(pkg, s.Name.Name)
			if fields, ok := s.Type.(*ast.StructType); ok {
				for _, f := range fields.Fields.List {
					for _, name := range f.Names {
						note(s.Name.Name, name.Name)
					}
				}
			}
		}
	}
}

// Names and links on the page become wrong when code moves.
func TestNamesOnTheArchitecturePageExist(t *testing.T) {
	page, err := os.ReadFile(architecturePage)
	if err != nil {
		t.Fatal(err)
	}
	there := readRepository(t)
	checked := 0
	_, prose := codeBlocks(string(page))
	for _, line := range prose {
		for _, span := range codeSpan.FindAllStringSubmatch(line, -1) {
			name := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(span[1], "*"), "()"), "/")
			command, isCommand := strings.CutPrefix(name, "raven ")
			_, notAFile := os.Stat(filepath.Join("..", name))
			checked++
			switch {
			case slices.Contains(foreign, name), there.paths[name], there.names[name], notAFile == nil:
			case isCommand && there.paths["raven/cmd/raven/"+command+".go"]:
			default:
				t.Errorf("%s names %q, which does not exist in the code", architecturePage, span[1])
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d names were found to check", checked)
	}
}

// An engine must not need more methods.
func TestAnEngineHasTwoMethods(t *testing.T) {
	if n := reflect.TypeFor[transport.Engine]().NumMethod(); n != 2 {
		t.Errorf("transport.Engine has %d methods", n)
	}
}

// Every consumer gets the root module's requirements at that version or later,
// linked or not. So requirements that the root does not need are in modules of
// their own.
func TestHeavyRequirementsAreInModulesOfTheirOwn(t *testing.T) {
	root, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for folder, heavy := range map[string][]string{
		"raven/ravenzap":                        {"go.uber.org/zap "},
		"raven/ravenzerolog":                    {"github.com/rs/zerolog "},
		"raven/ravenlogrus":                     {"github.com/sirupsen/logrus "},
		"raven/ravenlambda":                     {"github.com/aws/aws-lambda-go "},
		"sentrytest/cmd/fakesentry":             {"modernc.org/sqlite ", "github.com/prometheus/client_golang ", "github.com/getkin/kin-openapi ", "google.golang.org/protobuf "},
		"sentrytest/cmd/fakesentry/browsertest": {"github.com/chromedp/chromedp "},
		"sentrytest/interop/sentrygo":           {"github.com/getsentry/sentry-go "},
	} {
		own, err := os.ReadFile(filepath.Join("..", folder, "go.mod"))
		if err != nil {
			t.Error(err)
		}
		for _, required := range heavy {
			if !strings.Contains(string(own), "\t"+required) {
				t.Errorf("%s does not require %s", folder, required)
			}
			if strings.Contains(string(root), "\t"+required) {
				t.Errorf("the root requires %s, which belongs in %s", required, folder)
			}
		}
	}
}

// TestTheArchitecturePageListsTheRooms compares the tables of internal packages
// with the folders.
func TestTheArchitecturePageListsTheRooms(t *testing.T) {
	page, err := os.ReadFile(architecturePage)
	if err != nil {
		t.Fatal(err)
	}
	for _, parent := range []string{"raven/internal", "sentrytest/internal", "transport/internal"} {
		rooms, err := os.ReadDir(filepath.Join("..", parent))
		if err != nil || len(rooms) == 0 {
			t.Fatalf("%s has no folders: %v", parent, err)
		}
		for _, room := range rooms {
			if strings.HasSuffix(room.Name(), "test") { // for tests only
				continue
			}
			if !strings.Contains(string(page), "`"+room.Name()+"`") {
				t.Errorf("%s does not name %s/%s", architecturePage, parent, room.Name())
			}
		}
	}
}
