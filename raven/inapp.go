package raven

import (
	"runtime/debug"
	"strings"
	"sync"
)

// mainModule is the path of the program's module and the modules below that
// path which are somebody else's.
type mainModule struct {
	path   string
	nested []string
}

var program = sync.OnceValue(func() mainModule {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Path == "" {
		return mainModule{}
	}
	m := mainModule{path: info.Main.Path}
	for _, dep := range info.Deps {
		if below(dep.Path, m.path) {
			m.nested = append(m.nested, dep.Path)
		}
	}
	return m
})

// isMainModule reports whether a package belongs to the program and not to a
// dependency or the standard library. Import paths decide, never file names,
// so -trimpath and vendoring change nothing.
func isMainModule(pkg string) bool {
	if pkg == "main" {
		return true
	}
	m := program()
	if m.path == "" || !below(pkg, m.path) && pkg != m.path+"_test" {
		return false
	}
	for _, nested := range m.nested {
		if below(pkg, nested) {
			return false
		}
	}
	return true
}

// below reports whether an import path is root or stands under it.
func below(pkg, root string) bool {
	rest, ok := strings.CutPrefix(pkg, root)
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(root, "/"))
}

// inAppRule is what [WithInApp] says.
type inAppRule struct{ include, exclude []string }

func (r *inAppRule) decide(pkg string, inApp bool) bool {
	for _, root := range r.exclude {
		if below(pkg, root) {
			return false
		}
	}
	for _, root := range r.include {
		if below(pkg, root) {
			return true
		}
	}
	return inApp
}
