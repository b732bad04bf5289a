package gen_test

import (
	"slices"
	"strings"
	"testing"
)

// wall says what an internal package may reach, directly or not.
type wall struct {
	pkg     string
	ours    []string // other packages of this repository
	modules []string // of others, the complete list
	// Packages of the standard library that it must not reach, with all below
	// them. No internal package may reach package testing.
	without []string
	why     string
}

// walls are the rules of internal packages. If a test fails, change the code,
// not the list.
var walls = []wall{
	{
		pkg: "raven/internal/jsontext",
		why: "it is only about bytes, so that its users don't depend on values or secrets",
	},
	{
		pkg: "raven/internal/mask", ours: []string{"raven/internal/jsontext"},
		why: "it finds secrets by keys and texts; its callers encode the values",
	},
	{
		pkg: "raven/internal/jsonvalue", ours: []string{"internal/guard", "raven/internal/jsontext", "raven/internal/mask"},
		why: "it encodes values, and does not depend on events",
	},
	{
		pkg: "raven/internal/program",
		why: "it only reads the data that the linker adds",
	},
	{
		pkg: "raven/internal/stack", ours: []string{"raven/internal/jsontext", "raven/internal/program"},
		why: "program counters do not depend on their use",
	},
	{
		pkg: "raven/internal/errchain", ours: []string{"internal/guard", "raven/internal/jsontext", "raven/internal/program", "raven/internal/stack"},
		why: "it describes errors, and does not depend on how they are reported",
	},
	{
		pkg: "raven/internal/seen", ours: []string{"internal/guard", "raven/internal/errchain", "raven/internal/jsontext", "raven/internal/program", "raven/internal/stack"},
		why: "it remembers errors; the client decides about repetitions",
	},
	{
		pkg: "raven/internal/crash", ours: []string{"internal/filelock", "raven/internal/jsontext", "raven/internal/program", "raven/internal/stack"},
		why: "it reads the runtime's output; the client reports it",
	},
	{
		pkg: "raven/internal/gate",
		why: "it decides and counts by keys, times and words, and does not depend on events",
	},
	{
		pkg: "raven/internal/origin",
		why: "adapters and the client use it, so it must import neither",
	},
	{
		pkg: "transport/internal/account",
		why: "it counts packets and reads none",
	},
	{
		pkg: "transport/internal/attempt",
		why: "the context of an attempt does not depend on what is sent",
	},
	{
		pkg: "transport/internal/conns", without: []string{"net/http"},
		why: "it tracks connections of any protocol",
	},
	{
		pkg: "transport/internal/seglog", ours: []string{"internal/filelock"}, without: []string{"net", "encoding/json"},
		why: "it keeps bytes, and knows neither packets nor their receivers",
	},
	{
		pkg: "internal/guard", without: []string{"net"},
		why: "every package may call the program's code with it",
	},
	{
		pkg: "internal/filelock", without: []string{"net"},
		why: "it opens files of any content for one process alone",
	},
	{
		pkg: "internal/losses", without: []string{"net"},
		why: "client and transports count bursts with it, so it must import neither",
	},
	{pkg: "sentrytest/internal/errno", without: []string{"net", "os"}, why: "it only names errors of the system"},
	{pkg: "sentrytest/internal/texts", without: []string{"net", "encoding"}, why: "it makes messages from strings and numbers"},
	{pkg: "sentrytest/internal/eventid", without: []string{"net", "encoding/json"}, why: "it checks the form of an id, not its place in an event"},
	{pkg: "sentrytest/internal/memnet", ours: []string{"sentrytest/internal/errno"}, without: []string{"net/http", "crypto/tls"}, why: "it carries bytes for every protocol of a test"},
	{pkg: "sentrytest/internal/sockets", without: []string{"net/http", "crypto/tls"}, why: "it carries bytes for every protocol of a test"},
	{pkg: "sentrytest/internal/certs", without: []string{"net/http"}, why: "certificates do not depend on the protocol above TLS"},
	{pkg: "sentrytest/internal/jsontree", ours: []string{"sentrytest/internal/texts"}, without: []string{"net"}, why: "it reads any JSON, and knows nothing about its meaning"},
	{pkg: "sentrytest/internal/deepcopy", ours: []string{"sentrytest/internal/jsontree", "sentrytest/internal/texts"}, why: "it copies values of any type"},
	{pkg: "sentrytest/internal/lenient", ours: []string{"sentrytest/internal/jsontree", "sentrytest/internal/texts"}, without: []string{"net/http"}, why: "it reads fields without checking them"},
	{pkg: "sentrytest/internal/lint", ours: []string{"sentrytest/internal/eventid", "sentrytest/internal/jsontree", "sentrytest/internal/lenient", "sentrytest/internal/texts"}, without: []string{"net/http"}, why: "it checks JSON, independent of its source and its reader"},
	{
		pkg: "sentrytest/internal/bodies", ours: []string{"sentrytest/internal/jsontree", "sentrytest/internal/texts"}, modules: []string{"github.com/klauspost/compress", "github.com/andybalholm/brotli"},
		why: "it decodes bodies without checking them",
	},
	{
		pkg: "sentrytest/internal/wire", ours: []string{"sentrytest/internal/bodies", "sentrytest/internal/eventid", "sentrytest/internal/jsontree", "sentrytest/internal/lenient", "sentrytest/internal/texts"}, modules: []string{"github.com/klauspost/compress", "github.com/andybalholm/brotli"},
		why: "it reads requests without the client's code: a fake with that code would have the same mistakes",
	},
	{pkg: "sentrytest/internal/problemlog", without: []string{"net"}, why: "it keeps lines, independent of their source"},
	{pkg: "sentrytest/internal/tempfiles", without: []string{"net", "crypto"}, why: "it keeps files of any content"},
	{pkg: "sentrytest/internal/bubble", without: []string{"net", "os"}, why: "a program with a server in it must not link package testing"},
	{pkg: "sentrytest/internal/serving", ours: []string{"sentrytest/internal/errno", "sentrytest/internal/memnet", "sentrytest/internal/sockets"}, why: "it counts requests and reads none"},
	{pkg: "sentrytest/internal/volatile", ours: []string{"sentrytest/internal/eventid", "sentrytest/internal/jsontree", "sentrytest/internal/texts"}, without: []string{"net"}, why: "it compares golden files from any source"},
	{pkg: "sentrytest/internal/secretforms", without: []string{"net/http"}, why: "it searches one text, independent of its source"},
}

// besides are packages for tests, and packages that the policy of imports has.
var besides = []string{
	"internal/adaptertest", "raven/internal/advice", "raven/internal/clienttest", "raven/internal/hostiletest", "raven/internal/logrecord",
}

func TestWalls(t *testing.T) {
	for _, w := range walls {
		t.Run(w.pkg, func(t *testing.T) {
			t.Parallel()
			for _, d := range dependencies(t, w.pkg) {
				allowed := true
				switch {
				case d.module == module:
					name := strings.TrimPrefix(d.path, module+"/")
					allowed = name == w.pkg || slices.Contains(w.ours, name)
				case d.module != "":
					allowed = slices.Contains(w.modules, d.module)
				default:
					allowed = d.path != "testing" && !slices.ContainsFunc(w.without, func(p string) bool { return d.path == p || strings.HasPrefix(d.path, p+"/") })
				}
				if !allowed {
					t.Errorf("%s reaches %s: %s", w.pkg, d.path, w.why)
				}
			}
		})
	}
}

// A package without a rule could reach anything.
func TestEveryInternalPackageHasAWall(t *testing.T) {
	for path := range strings.Lines(list(t, module+"/internal/...", module+"/raven/internal/...", module+"/sentrytest/internal/...", module+"/transport/internal/...")) {
		pkg := strings.TrimPrefix(strings.TrimSpace(path), module+"/")
		if !slices.Contains(besides, pkg) && !slices.ContainsFunc(walls, func(w wall) bool { return w.pkg == pkg }) {
			t.Errorf("%s has no rule", pkg)
		}
	}
}
