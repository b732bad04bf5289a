package gen_test

import (
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// wall says what an internal package may import of this repository, itself, and
// why no more.
type wall struct {
	imports []string
	why     string
}

// walls are the rules of the packages below raven/internal. What a package does
// not know can't come to depend on it.
var walls = map[string]wall{
	"raven/internal/jsontext": {nil, "it is about bytes: whatever it knew of values or secrets, its users would get along"},
	"raven/internal/mask": {
		[]string{"raven/internal/jsontext"},
		"what is secret is decided by keys and texts; how values are encoded is for those who ask it",
	},
	"raven/internal/jsonvalue": {
		[]string{"internal/guard", "raven/internal/jsontext", "raven/internal/mask"},
		"it encodes values for any event, so it knows none",
	},
	"raven/internal/errchain": {
		[]string{"internal/guard", "raven/internal/program", "raven/internal/stack"},
		"what an error is does not depend on how it is reported",
	},
	"raven/internal/seen": {
		[]string{"raven/internal/errchain", "raven/internal/stack"},
		"it remembers errors; what is done about a repetition is the client's",
	},
	"raven/internal/origin":  {nil, "adapters and the client share it, so it can know neither"},
	"raven/internal/gate":    {nil, "it decides and counts by keys, times and words, so that every event is the same to it"},
	"raven/internal/program": {nil, "it reads what the linker built in, and nothing else"},
	"raven/internal/stack": {
		[]string{"raven/internal/jsontext", "raven/internal/program"},
		"a program counter means the same whatever it was found for",
	},
	"raven/internal/crash": {
		[]string{"raven/internal/program", "raven/internal/stack"},
		"it reads what the runtime has written; how that is reported is the client's",
	},
}

// unwalled are packages with no rule yet, or with one in the policy of imports.
var unwalled = []string{"raven/internal/adapterstest", "raven/internal/advice", "raven/internal/clienttest", "raven/internal/logrecord"}

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
