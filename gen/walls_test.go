package gen_test

import (
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// wall says what an internal package may import of this repository, and why no
// more.
type wall struct {
	imports []string
	why     string
}

// walls are the rules of the packages below raven/internal.
var walls = map[string]wall{
	"raven/internal/jsontext": {nil, "it is only about bytes, so that its users don't depend on values or secrets"},
	"raven/internal/mask": {
		[]string{"raven/internal/jsontext"},
		"it finds secrets by keys and texts; its callers encode the values",
	},
	"raven/internal/jsonvalue": {
		[]string{"internal/guard", "raven/internal/jsontext", "raven/internal/mask"},
		"it encodes values, and does not depend on events",
	},
	"raven/internal/errchain": {
		[]string{"internal/guard", "raven/internal/program", "raven/internal/stack"},
		"it describes errors, and does not depend on how they are reported",
	},
	"raven/internal/seen": {
		[]string{"raven/internal/errchain", "raven/internal/stack"},
		"it remembers errors; the client decides about repetitions",
	},
	"raven/internal/origin":  {nil, "adapters and the client use it, so it must import neither"},
	"raven/internal/gate":    {nil, "it decides and counts by keys, times and words, and does not depend on events"},
	"raven/internal/program": {nil, "it only reads the data that the linker adds"},
	"raven/internal/stack": {
		[]string{"raven/internal/jsontext", "raven/internal/program"},
		"program counters do not depend on their use",
	},
	"raven/internal/crash": {
		[]string{"raven/internal/program", "raven/internal/stack"},
		"it reads the runtime's output; the client reports it",
	},
}

// unwalled are packages without a rule, or with one in the policy of imports.
var unwalled = []string{"raven/internal/advice", "raven/internal/clienttest", "raven/internal/hostiletest", "raven/internal/logrecord"}

func TestWalls(t *testing.T) {
	const format = "{{.ImportPath}} {{join .Imports \" \"}}"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", format, module+"/raven/internal/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	left := maps.Clone(walls)
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(fields[0], module+"/")
		rule, found := walls[pkg]
		if !found && !slices.Contains(unwalled, pkg) {
			t.Errorf("%s has no rule", pkg)
		}
		delete(left, pkg)
		if !found {
			continue
		}
		for _, path := range fields[1:] {
			imported, ours := strings.CutPrefix(path, module+"/")
			outside := strings.Contains(strings.SplitN(path, "/", 2)[0], ".")
			if ours && !slices.Contains(rule.imports, imported) || outside && !ours {
				t.Errorf("%s imports %s: %s", pkg, path, rule.why)
			}
		}
	}
	for pkg := range left {
		t.Errorf("there is no package %s", pkg)
	}
}
