package sentrytest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
	"github.com/ravenkit/ravenkit/sentrytest/internal/volatile"
)

// updateVariable makes [Golden] write. It is no flag: the flags of a test
// binary are global, and another package may have it.
const updateVariable = "SENTRYTEST_UPDATE"

// GoldenOption changes what [Golden] compares. A nil GoldenOption is skipped.
type GoldenOption func(*goldenConfig)

type goldenConfig struct {
	name string
	keep volatile.Config
}

// GoldenName sets the name of the file, without ".golden.json", in place of the
// test's: for a second event of a test, and for hosts without a Name method.
// Slashes make folders.
func GoldenName(name string) GoldenOption {
	return func(c *goldenConfig) { c.name = name }
}

// GoldenLines compares line numbers and the source around them, too. They
// change with every edit of that file.
func GoldenLines() GoldenOption {
	return func(c *goldenConfig) { c.keep.Lines = true }
}

// GoldenAll compares the modules and the frames outside of the program, too.
// They change with every upgrade of Go or a dependency.
func GoldenAll() GoldenOption {
	return func(c *goldenConfig) { c.keep.All = true }
}

// GoldenMask leaves out the values at the paths: object keys and list indexes
// joined by dots, as in "extra.elapsed", where "*" stands for any one key or
// index.
func GoldenMask(paths ...string) GoldenOption {
	return func(c *goldenConfig) { c.keep.Mask = append(c.keep.Mask, paths...) }
}

// Golden compares an event's JSON with the file
// testdata/<TestName>.golden.json, and fails the test with Errorf and a list of
// the fields that differ. With SENTRYTEST_UPDATE=1 in the environment it writes
// the file instead.
//
// Values that differ between runs or machines are replaced by a name, in the
// file and in the event: ids ("<id 1>", the same for equal ids), times, thread
// and goroutine numbers, the host's name, directories, addresses of memory,
// ports of the loopback interface, versions of Go, SDK, modules and operating
// system, revisions, contexts that describe the machine, and, without
// [GoldenLines], line numbers. The source around lines is left out without
// [GoldenLines]; the modules and the frames that are not in_app are left out
// without [GoldenAll].
//
// The event is compared in the shape in which it was sent. An event that was
// made in Go has none, and fails the test.
func Golden(tb TB, e Event, opts ...GoldenOption) {
	tb.Helper()
	cfg := goldenConfig{}
	for _, opt := range opts {
		if opt != nil {
			opt(&cfg)
		}
	}
	name := cmp.Or(cfg.name, testName(tb))
	path, err := goldenPath(name)
	if err != nil {
		tb.Fatalf("sentrytest: %v", err)
		return
	}
	tree, err := jsontree.Decode(e.Raw)
	if err != nil {
		tb.Fatalf("sentrytest: the event has no JSON to compare with %s: %v", path, err)
		return
	}
	got := cfg.keep.Stable(tree)
	if update := os.Getenv(updateVariable); update != "" && update != "0" && update != "false" {
		if err := writeGolden(path, got); err != nil {
			tb.Fatalf("sentrytest: %v", err)
			return
		}
		tb.Logf("sentrytest: wrote %s", path)
		return
	}
	want, err := readGolden(path)
	hint := fmt.Sprintf("%s=1 go test -run '%s'", updateVariable, runPattern(testName(tb)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		tb.Errorf("sentrytest: there is no %s; to write it: %s\n  the event is\n%s", path, hint, texts.Indent(goldenText(got), "    "))
	case err != nil:
		tb.Errorf("sentrytest: %s: %v", path, err)
	default:
		if diffs := fieldDiffs(jsontree.Diff("", cfg.keep.Trim(want), got)); len(diffs) > 0 {
			tb.Errorf("sentrytest: the event differs from %s in %s; if it should: %s%s", path, texts.Count(len(diffs), "field"), hint, diffLines(diffs))
		}
	}
}

func diffLines(diffs []FieldDiff) string {
	return texts.List(diffs, maxDumped, "    ", func(d FieldDiff) string {
		d.Field = cmp.Or(d.Field, "the event")
		return d.String()
	})
}

var unsafeInNames = regexp.MustCompile(`[^A-Za-z0-9._/-]+`)

// goldenPath makes the path of a file from a test's name, whose slashes become
// folders.
func goldenPath(name string) (string, error) {
	name = unsafeInNames.ReplaceAllString(name, "_")
	if name == "" {
		return "", errors.New("the host of this test has no Name method: name the file with GoldenName")
	}
	if !filepath.IsLocal(name) {
		return "", fmt.Errorf("%q is no name for a file below testdata", name)
	}
	return filepath.Join("testdata", filepath.FromSlash(name)+".golden.json"), nil
}

// runPattern is the argument of go test -run that selects one test.
func runPattern(test string) string {
	var parts []string
	for part := range strings.SplitSeq(test, "/") {
		parts = append(parts, "^"+regexp.QuoteMeta(part)+"$")
	}
	return strings.Join(parts, "/")
}

func writeGolden(path string, tree any) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(goldenText(tree)+"\n"), 0o644)
}

func readGolden(path string) (any, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return jsontree.Decode(raw)
}

func goldenText(tree any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(tree); err != nil {
		return err.Error() // what came from JSON can be written as JSON
	}
	return strings.TrimSpace(b.String())
}
