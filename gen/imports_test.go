package gen_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/ravenkit/ravenkit"

type importRule struct {
	packages []string // of this repository
	modules  []string // of others, the complete list
	ours     []string // packages of this repository that may be reached
	why      string
	testing  bool // package testing may be reached
}

// shared are the packages that the client and its transports have in common.
var shared = []string{"internal/filelock", "internal/guard", "internal/losses"}

// links reports whether the rule is about a package of this repository, or the
// package may be reached.
func links(rule importRule, pkg string) bool {
	return slices.Contains(rule.packages, pkg) || slices.Contains(rule.ours, pkg)
}

// linked are the modules that applications link.
var linked = []string{"github.com/klauspost/compress", "github.com/cenkalti/backoff/v5", "golang.org/x/net", "golang.org/x/text"}

// policy says what a package may reach outside the standard library, directly
// or not. If a test fails, change the code, not the policy.
var policy = []importRule{
	{
		packages: []string{"transport"},
		modules:  linked,
		why:      "applications link it: only few small modules, and no test library",
	},
	{
		packages: []string{"raven"},
		modules:  linked,
		ours:     []string{"transport"},
		why:      "applications link it: only few small modules, and no test library",
	},
	{
		packages: []string{"raven/internal/logrecord", "raven/ravenslog", "raven/ravenhttp"},
		modules:  linked,
		ours:     []string{"raven", "raven/internal/logrecord", "transport"},
		why:      "it adapts the standard library, and needs only the client's modules",
	},
	{
		packages: []string{"raven/ravenzap"},
		modules:  append([]string{"go.uber.org/zap", "go.uber.org/multierr"}, linked...),
		ours:     []string{"raven", "raven/internal/logrecord", "transport"},
		why:      "an adapter needs only the library that it adapts",
	},
	{
		packages: []string{"raven/ravenzerolog"},
		modules:  append([]string{"github.com/rs/zerolog", "github.com/mattn/go-colorable", "github.com/mattn/go-isatty", "golang.org/x/sys"}, linked...),
		ours:     []string{"raven", "raven/internal/logrecord", "transport"},
		why:      "an adapter needs only the library that it adapts",
	},
	{
		packages: []string{"raven/ravenlogrus"},
		modules:  append([]string{"github.com/sirupsen/logrus", "golang.org/x/sys"}, linked...),
		ours:     []string{"raven", "raven/internal/logrecord", "transport"},
		why:      "an adapter needs only the library that it adapts",
	},
	{
		packages: []string{"raven/ravenlambda"},
		modules:  append([]string{"github.com/aws/aws-lambda-go"}, linked...),
		ours:     []string{"raven", "transport"},
		why:      "an adapter needs only the library that it adapts",
	},
	{
		packages: []string{"raven/internal/clienttest"},
		modules:  append([]string{"github.com/andybalholm/brotli"}, linked...),
		ours:     []string{"raven", "transport", "transporttest", "sentrytest"},
		why:      "only tests import it",
		testing:  true,
	},
	{
		packages: []string{"internal/adaptertest"},
		modules:  append([]string{"github.com/andybalholm/brotli", "github.com/onsi/gomega", "github.com/google/go-cmp", "gopkg.in/yaml.v3"}, linked...),
		ours:     []string{"raven", "transport", "transporttest", "sentrytest"},
		why:      "only tests import it; it knows none of the libraries whose adapters it tests",
		testing:  true,
	},
	{
		packages: []string{"raven/raventest"},
		modules:  append([]string{"github.com/andybalholm/brotli"}, linked...),
		ours:     []string{"raven", "transport", "transporttest", "sentrytest"},
		why:      "a test kit must not require an assertion library",
	},
	{
		packages: []string{"sentrytest"},
		modules:  []string{"github.com/klauspost/compress", "github.com/andybalholm/brotli"},
		why:      "a fake with the client's encoder would have the same mistakes, and a test kit must not require an assertion library",
	},
	{
		packages: []string{"sentrytest/sentrymatchers"},
		modules:  []string{"github.com/klauspost/compress", "github.com/andybalholm/brotli", "github.com/onsi/gomega"},
		ours:     []string{"sentrytest"},
		why:      "only this package uses Gomega; it uses neither the client nor its transports",
	},
	{
		packages: []string{"sentrytest/sentryhttpmock"},
		modules:  []string{"github.com/klauspost/compress", "github.com/andybalholm/brotli", "github.com/jarcoal/httpmock"},
		ours:     []string{"sentrytest"},
		why:      "only this package uses httpmock; it uses neither the client nor its transports",
		testing:  true,
	},
	{
		packages: []string{"sentrytest/fakesentryclient"},
		why:      "tests in any module link it, and it talks to a program: it needs only the standard library",
	},
	{
		packages: []string{"transporttest"},
		modules:  []string{"github.com/klauspost/compress", "github.com/andybalholm/brotli", "github.com/cenkalti/backoff/v5", "golang.org/x/net", "golang.org/x/text"},
		ours:     []string{"sentrytest", "transport"},
		why:      "it uses transports, not the client, and must not require an assertion library",
	},
	{
		packages: []string{"transport/restytransport"},
		modules:  append([]string{"github.com/go-resty/resty/v2"}, linked...),
		ours:     []string{"transport"},
		why:      "an engine needs only its own library",
	},
	{
		packages: []string{"transport/fasthttptransport"},
		modules:  append([]string{"github.com/valyala/fasthttp", "github.com/andybalholm/brotli", "github.com/valyala/bytebufferpool", "github.com/molecule-man/go-brrr"}, linked...),
		ours:     []string{"transport"},
		why:      "an engine needs only its own library",
	},
	{
		packages: []string{"transport/reactortransport"},
		modules:  linked,
		ours:     []string{"transport"},
		why:      "an engine needs only its own library",
	},
	{
		packages: []string{"transport/all"},
		modules: append([]string{
			"github.com/go-resty/resty/v2", "github.com/valyala/fasthttp", "github.com/andybalholm/brotli", "github.com/valyala/bytebufferpool", "github.com/molecule-man/go-brrr",
		}, linked...),
		ours: []string{"transport", "transport/restytransport", "transport/fasthttptransport", "transport/reactortransport"},
		why:  "it links only the engines",
	},
	{
		packages: []string{"docs/examples/audittransport"},
		modules:  linked,
		ours:     []string{"transport"},
		why:      "a custom transport needs only package transport",
	},
	{
		packages: []string{"docs/examples/testing/shop"},
		modules:  linked,
		ours:     []string{"raven", "transport"},
		why:      "an application links the client and no test library",
	},
	{
		packages: []string{"gen/ravenmock", "gen/transportmock"},
		modules:  []string{"github.com/golang/mock", "github.com/klauspost/compress", "github.com/cenkalti/backoff/v5", "golang.org/x/net", "golang.org/x/text"},
		ours:     []string{"raven", "transport"},
		why:      "doubles need only the interfaces and their library",
		testing:  true,
	},
	{
		packages: []string{"gen/uber/ravenmock", "gen/uber/transportmock"},
		modules:  []string{"go.uber.org/mock", "github.com/klauspost/compress", "github.com/cenkalti/backoff/v5", "golang.org/x/net", "golang.org/x/text"},
		ours:     []string{"raven", "transport"},
		why:      "doubles need only the interfaces and their library",
		testing:  true,
	},
}

type dependency struct {
	path, module string
	standard     bool
}

// list returns the output of go list, for packages of any module in go.work.
func list(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	// The tests of this module must also run without go.work.
	cmd.Env = append(os.Environ(), "GOWORK=")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v", args, err)
	}
	return string(out)
}

func dependencies(t *testing.T, pkg string) []dependency {
	t.Helper()
	const format = "{{.ImportPath}}\t{{with .Module}}{{.Path}}{{end}}\t{{.Standard}}"
	out := list(t, "-deps", "-f", format, module+"/"+pkg)
	var all []dependency
	for line := range strings.Lines(out) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		all = append(all, dependency{f[0], f[1], f[2] == "true"})
	}
	return all
}

// The go command caches a test by the files that the test itself opens, but go
// list is another process. TestGeneratedFilesAreCurrent opens every Go file of
// the repository, so the cache is valid for this test, too.
func TestImportPolicy(t *testing.T) {
	for _, rule := range policy {
		for _, pkg := range rule.packages {
			t.Run(pkg, func(t *testing.T) {
				t.Parallel()
				for _, d := range dependencies(t, pkg) {
					allowed := d.standard && (rule.testing || d.path != "testing" && !strings.HasPrefix(d.path, "testing/"))
					switch {
					case d.module == module, strings.HasPrefix(d.module, module+"/"):
						ours, _, _ := strings.Cut(strings.TrimPrefix(d.path, module+"/"), "/internal/")
						allowed = ours == pkg || slices.Contains(rule.ours, ours) || slices.Contains(shared, ours) && links(rule, "transport")
					case d.module != "":
						allowed = slices.Contains(rule.modules, d.module)
					}
					if !allowed {
						t.Errorf("%s reaches %s: %s", pkg, d.path, rule.why)
					}
				}
			})
		}
	}
}

// Every package has a rule, except programs and packages with tests only, which
// nothing imports.
func TestEveryPackageHasARule(t *testing.T) {
	for line := range strings.Lines(list(t, "-f", "{{if .GoFiles}}{{.ImportPath}} {{.Name}}{{end}}", module+"/...")) {
		path, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		pkg := strings.TrimPrefix(path, module+"/")
		if path == "" || name == "main" || pkg == "gen" || slices.Contains(shared, pkg) || path == module || strings.Contains(pkg, "/internal/") || strings.Contains(pkg, "/cmd/") {
			continue
		}
		ruled := slices.ContainsFunc(policy, func(r importRule) bool { return slices.Contains(r.packages, pkg) })
		if !ruled {
			t.Errorf("%s has no rule in the import policy", pkg)
		}
	}
}
