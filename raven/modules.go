package raven

import (
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
)

// linkedModules is the modules field of every event that does not bring its
// own: Go itself and what was linked in, as JSON with a comma behind it.
var linkedModules = sync.OnceValue(func() []byte {
	return append(new(encoder).AppendStringMap([]byte(`"modules":`), moduleVersions(), asItIs), ',')
})

// moduleVersions are the versions of Go and of what was linked in, by module
// path.
var moduleVersions = sync.OnceValue(func() map[string]string {
	modules := map[string]string{"go": runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Replace != nil && m.Replace.Version != "" {
				m = &debug.Module{Path: m.Path, Version: m.Replace.Version}
			}
			if m.Path != "" && m.Version != "" {
				modules[m.Path] = m.Version
			}
		}
	}
	return modules
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

// builtRevision is the revision of the source that the program was built from,
// "" where the build does not say.
func builtRevision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
