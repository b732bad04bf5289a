package raven_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	. "github.com/onsi/gomega"
)

// The program is built as its author would: it has a package of its own, one
// of a nested module, and one of a module that is replaced by a folder.
var programFiles = map[string]string{
	"main.go": `package main

import (
	"context"
	"errors"
	"os"

	"example.com/shop/cart"
	"example.com/lib"
	"example.com/shop/nested"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

type printer struct{}

func (printer) Send(_ context.Context, p *transport.Packet) (*transport.Response, error) {
	_, err := os.Stdout.Write(p.Body)
	return nil, err
}

func (printer) Close(context.Context) error { return nil }

func main() {
	client, err := raven.New("https://key@sentry.example.com/1?protocol=store", raven.WithTransport(printer{}))
	if err != nil {
		panic(err)
	}
	lib.Call(func() {
		nested.Call(func() { cart.Call(func() { client.CaptureException(context.Background(), errors.New("x")) }) })
	})
}
`,
	"cart/cart.go":     "package cart\n\n//go:noinline\nfunc Call(fn func()) { fn() }\n",
	"nested/nested.go": "package nested\n\n//go:noinline\nfunc Call(fn func()) { fn() }\n",
	"nested/go.mod":    "module example.com/shop/nested\n\ngo 1.25.0\n",
	"lib/lib.go":       "package lib\n\n//go:noinline\nfunc Call(fn func()) { fn() }\n",
	"lib/go.mod":       "module example.com/lib\n\ngo 1.25.0\n",
}

// writeProgram writes the program, which needs nothing from the network: its
// go.mod requires what this module does.
func writeProgram(t *testing.T) (folder string) {
	t.Helper()
	g := NewWithT(t)
	folder = t.TempDir()
	root, err := filepath.Abs("..")
	g.Expect(err).NotTo(HaveOccurred())
	ours, err := os.ReadFile(filepath.Join(root, "go.mod"))
	g.Expect(err).NotTo(HaveOccurred())
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	g.Expect(err).NotTo(HaveOccurred())
	mod := regexp.MustCompile(`(?m)^module .*$`).ReplaceAll(ours, []byte("module example.com/shop"))
	for path, dir := range map[string]string{"github.com/ravenkit/ravenkit": root, "example.com/lib": "./lib", "example.com/shop/nested": "./nested"} {
		mod = append(mod, "\nrequire "+path+" v0.0.0\nreplace "+path+" => "+dir+"\n"...)
	}
	files := map[string]string{"go.mod": string(mod), "go.sum": string(sums)}
	for name, content := range programFiles {
		files[name] = content
	}
	for name, content := range files {
		path := filepath.Join(folder, name)
		g.Expect(os.MkdirAll(filepath.Dir(path), 0o700)).To(Succeed())
		g.Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
	}
	return folder
}

func goCommand(t *testing.T, folder string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-buildvcs=false", "GOWORK=off")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("go %v: %v\n%s", args, err, exit.Stderr)
	}
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return out
}

// The package and the file of a frame do not depend on how the program was
// built.
func TestFramesOfAProgram(t *testing.T) {
	folder := writeProgram(t)
	for _, tt := range []struct {
		name   string
		args   []string
		source bool // whether the file is to be found
	}{
		{"go run", []string{"run", "."}, true},
		{"-trimpath", []string{"run", "-trimpath", "."}, false},
		{"vendor", []string{"run", "-mod=vendor", "-trimpath", "."}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			if tt.name == "vendor" {
				goCommand(t, folder, "mod", "vendor")
			}
			var ev object
			g.Expect(json.Unmarshal(goCommand(t, folder, tt.args...), &ev)).To(Succeed())
			var got [][]any
			for _, f := range frames(ev) {
				if f["module"] != "main" {
					got = append(got, []any{f["module"], f["filename"], f["in_app"]})
				}
			}
			g.Expect(got).To(Equal([][]any{
				{"example.com/lib", "example.com/lib/lib.go", false},
				{"example.com/shop/nested", "example.com/shop/nested/nested.go", false},
				{"example.com/shop/cart", "example.com/shop/cart/cart.go", true},
			}))
			top := frames(ev)[len(frames(ev))-1]
			g.Expect([]any{top["module"], top["filename"], top["in_app"]}).To(Equal([]any{"main", "main/main.go", true}))
			g.Expect(ev.at("exception", "values", 0, "type")).To(Equal("main.main"))
			if tt.source {
				g.Expect(top["context_line"]).To(ContainSubstring("client.CaptureException"))
			} else {
				g.Expect(top).NotTo(HaveKey("context_line"))
				g.Expect(top["abs_path"]).To(Equal("example.com/shop/main.go"))
			}
		})
	}
}
