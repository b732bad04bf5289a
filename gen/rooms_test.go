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
	ours    []string // the other rooms that it may reach
	modules []string // of others, all there may be
	without []string // what it must not reach of the standard library, with everything below
	why     string
}

// rooms are the internal packages of package sentrytest. No one of them may reach the
// package itself, the client or a transport. It is a statement of intent:
// change the code to fit it.
var rooms = []room{
	{pkg: "errno", without: []string{"net", "os"}, why: "it names errors of the system and nothing else"},
	{pkg: "texts", without: []string{"net", "encoding"}, why: "it makes messages of strings and numbers"},
	{pkg: "eventid", without: []string{"net", "encoding/json"}, why: "it knows how an id is spelled, not where it stands"},
	{pkg: "memnet", ours: []string{"errno"}, without: []string{"net/http", "crypto/tls"}, why: "it carries bytes, and every protocol of a test runs over it"},
	{pkg: "sockets", without: []string{"net/http", "crypto/tls"}, why: "it carries bytes, and every protocol of a test runs over it"},
	{pkg: "certs", without: []string{"net/http"}, why: "a certificate is good or bad whatever is served with it"},
	{pkg: "jsontree", ours: []string{"texts"}, without: []string{"net"}, why: "JSON of any kind is read with it, and none of its kinds is known to it"},
	{pkg: "lenient", ours: []string{"jsontree", "texts"}, without: []string{"net/http"}, why: "it reads fields, and judges none of them"},
	{pkg: "lint", ours: []string{"eventid", "jsontree", "lenient", "texts"}, without: []string{"net/http"}, why: "it judges JSON, whatever carried it and whoever reads it"},
	{
		pkg: "bodies", ours: []string{"jsontree", "texts"}, modules: []string{"github.com/klauspost/compress", "github.com/andybalholm/brotli"},
		why: "it undoes what a body was wrapped in, and judges nothing",
	},
	{
		pkg: "wire", ours: []string{"bodies", "eventid", "jsontree", "lenient", "texts"}, modules: []string{"github.com/klauspost/compress", "github.com/andybalholm/brotli"},
		why: "it reads requests before anybody reads an event, and takes none of the client's code: a fake that shared it would share its mistakes",
	},
	{pkg: "volatile", ours: []string{"eventid", "jsontree", "texts"}, without: []string{"net"}, why: "golden files of any source are compared with it"},
	{pkg: "secretforms", without: []string{"net/http"}, why: "it looks at one text, wherever that was found"},
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

// A room without a rule would be a package that may reach anything.
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
