package gen_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

// The interfaces are contracts: adding or removing a method must be intended.
func TestMethodSets(t *testing.T) {
	for name, c := range map[string]struct {
		iface, of     reflect.Type
		want, besides string // besides has methods that only the type has
	}{
		"transport.Transport":      {reflect.TypeFor[transport.Transport](), reflect.TypeFor[*transport.HTTP](), "Close Send", ""},
		"transport.AsyncTransport": {reflect.TypeFor[transport.AsyncTransport](), reflect.TypeFor[*transport.Threaded](), "Close Flush Send SendAsync", "HoldState SpoolState Watch"},
		"raven.Reporter":           {reflect.TypeFor[raven.Reporter](), reflect.TypeFor[*raven.Client](), "Capture CaptureBreadcrumb CaptureException CaptureMessage CaptureQuery Deliver Flush Recover Send", "Close Context Enabled ExtraContext Format HTTPContext LastEventID Ledger LogValue PublicDSN State Stats String TagsContext UserContext Wrap"},
	} {
		t.Run(name, func(t *testing.T) {
			var methods []string
			for i := range c.iface.NumMethod() {
				methods = append(methods, c.iface.Method(i).Name)
			}
			if got := strings.Join(methods, " "); got != c.want {
				t.Errorf("got the methods\n  %s\nwant\n  %s", got, c.want)
			}
			var besides []string
			for i := range c.of.NumMethod() {
				if name := c.of.Method(i).Name; !slices.Contains(methods, name) {
					besides = append(besides, name)
				}
			}
			if got := strings.Join(besides, " "); got != c.besides {
				t.Errorf("%v has the further methods\n  %s\nwant\n  %s", c.of, got, c.besides)
			}
			if !c.of.Implements(c.iface) {
				t.Errorf("%v no longer implements it", c.of)
			}
		})
	}
}

// isGenerated reports whether `go generate` writes a file.
func isGenerated(path string) bool {
	return strings.HasSuffix(path, ".gen.go") || regexp.MustCompile(`^gen/.*mock/\w+\.go$`).MatchString(path) && !strings.HasSuffix(path, "_test.go")
}

// goFiles lists the Go files of every module in the repository, and the other
// files that generation needs.
func goFiles(t *testing.T, top string) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(top), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case slices.Contains([]string{".go", ".mod", ".sum", ".work"}, filepath.Ext(path)), path == "docs/transports.md", path == "README.md":
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestGeneratedFilesAreCurrent(t *testing.T) {
	t.Parallel()
	tree := t.TempDir()
	files := goFiles(t, "..")
	for _, path := range files {
		if isGenerated(path) {
			continue
		}
		copyFile(t, filepath.Join("..", path), filepath.Join(tree, path))
	}
	generate := exec.CommandContext(t.Context(), "go", "generate", "./...")
	generate.Dir = tree
	if out, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("go generate: %v\n%s", err, out)
	}
	made := goFiles(t, tree)
	for _, path := range files {
		if !slices.Contains(made, path) {
			t.Errorf("%s looks generated, but no directive generates it", path)
		}
	}
	for _, path := range made {
		want, err := os.ReadFile(filepath.Join(tree, path))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("..", path))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from the output of `go generate ./...`; run it and commit the result", path)
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
