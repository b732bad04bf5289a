package raven

import (
	"runtime"
	"sync"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/program"
)

// linkedModules is the modules field of every event that does not bring its
// own: Go itself and what was linked in, as JSON with a comma behind it.
var linkedModules = sync.OnceValue(func() []byte {
	return append(new(encoder).AppendStringMap([]byte(`"modules":`), program.Modules(), asItIs), ',')
})

// defaultContexts are the contexts that every event has, as JSON.
var defaultContexts = sync.OnceValue(func() []byte {
	return append(append(append([]byte(nil), runtimeContext...), ','), osContext...)
})

// isDefault reports whether contexts are those that every event has and nothing
// else, as a function that has looked at an event mostly leaves them.
func isDefault(contexts Contexts) bool {
	if len(contexts) != 2 {
		return false
	}
	r, _ := contexts["runtime"].(map[string]any)
	o, _ := contexts["os"].(map[string]any)
	return len(r) == 2 && r["name"] == goName && r["version"] == goVersion && len(o) == 1 && o["name"] == goOS
}

// The values of the contexts that every event has.
var goName, goVersion, goOS any = "go", runtime.Version(), runtime.GOOS

var (
	runtimeContext = jsontext.CloseObject(jsontext.AppendField([]byte(`"runtime":{"name":"go",`), `"version":`, runtime.Version()))
	osContext      = jsontext.CloseObject(jsontext.AppendField([]byte(`"os":{`), `"name":`, runtime.GOOS))
)
