package gen_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// room says what an internal package may reach, directly or not.
type room struct {
	pkg     string   // below sentrytest/internal
	ours    []string // other rooms that it may reach
	modules []string // of others, the complete list
	// Packages of the standard library that it must not reach, with all below
	// them.
	without []string
	why     string
}

// rooms are the internal packages of package sentrytest. None of them may reach
// package sentrytest, the client or a transport. If a test fails, change the
// code, not the list.
var rooms = []room{
	{pkg: "errno", without: []string{"net", "os"}, why: "it only names errors of the system"},
	{pkg: "texts", without: []string{"net", "encoding"}, why: "it makes messages from strings and numbers"},
	{pkg: "eventid", without: []string{"net", "encoding/json"}, why: "it checks the form of an id, not its place in an event"},
	{pkg: "memnet", ours: []string{"errno"}, without: []string{"net/http", "crypto/tls"}, why: "it carries bytes for every protocol of a test"},
	{pkg: "sockets", without: []string{"net/http", "crypto/tls"}, why: "it carries bytes for every protocol of a test"},
	{pkg: "certs", without: []string{"net/http"}, why: "certificates do not depend on the protocol above TLS"},
	{pkg: "jsontree", ours: []string{"texts"}, without: []string{"net"}, why: "it reads any JSON, and knows nothing about its meaning"},
	{pkg: "deepcopy", ours: []string{"jsontree", "texts"}, why: "it copies values of any type"},
	{pkg: "lenient", ours: []string{"jsontree", "texts"}, without: []string{"net/http"}, why: "it reads fields without checking them"},
	{pkg: "lint", ours: []string{"eventid", "jsontree", "lenient", "texts"}, without: []string{"net/http"}, why: "it checks JSON, independent of its source and its reader"},
	{
		pkg: "bodies", ours: []string{"jsontree", "texts"}, modules: []string{"github.com/klauspost/compress", "github.com/andybalholm/brotli"},
		why: "it decodes bodies without checking them",
	},
	{
		pkg: "wire", ours: []string{"bodies", "eventid", "jsontree", "lenient", "texts"}, modules: []string{"github.com/klauspost/compress", "github.com/andybalholm/brotli"},
		why: "it reads requests without the client's code: a fake with that code would have the same mistakes",
	},
	{pkg: "problemlog", without: []string{"net"}, why: "it keeps lines, independent of their source"},
	{pkg: "tempfiles", without: []string{"net", "crypto"}, why: "it keeps files of any content"},
	{pkg: "bubble", without: []string{"net", "os"}, why: "a program with a server in it must not link package testing"},
	{pkg: "serving", ours: []string{"errno", "memnet", "sockets"}, why: "it counts requests and reads none"},
	{pkg: "volatile", ours: []string{"eventid", "jsontree", "texts"}, without: []string{"net"}, why: "it compares golden files from any source"},
	{pkg: "secretforms", without: []string{"net/http"}, why: "it searches one text, independent of its source"},
}

func TestRooms(t *testing.T) {
	for _, w := range rooms {
		t.Run(w.pkg, func(t *testing.T) {
			t.Parallel()
			for _, d := range dependencies(t, "sentrytest/internal/"+w.pkg) {
				allowed := true
				switch {
				case d.module == module:
					name, inside := strings.CutPrefix(d.path, module+"/sentrytest/internal/")
					allowed = inside && (name == w.pkg || slices.Contains(w.ours, name))
				case d.module != "":
					allowed = slices.Contains(w.modules, d.module)
				default:
					allowed = d.path != "testing" && !slices.ContainsFunc(w.without, func(p string) bool { return d.path == p || strings.HasPrefix(d.path, p+"/") })
				}
				if !allowed {
					t.Errorf("sentrytest/internal/%s reaches %s: %s", w.pkg, d.path, w.why)
				}
			}
		})
	}
}

// A room without a rule could reach anything.
func TestEveryRoomHasARule(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", module+"/sentrytest/internal/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.Lines(string(out)) {
		name := strings.TrimPrefix(strings.TrimSpace(path), module+"/sentrytest/internal/")
		if !slices.ContainsFunc(rooms, func(w room) bool { return w.pkg == name }) {
			t.Errorf("sentrytest/internal/%s has no rule", name)
		}
	}
}
