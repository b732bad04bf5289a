// Package program says what the running program is: its modules, its revision,
// its name. It reads that from what the linker built in.
//
// It knows nothing of this repository.
package program

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
)

var built = sync.OnceValue(func() *debug.BuildInfo {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info
	}
	return new(debug.BuildInfo)
})

// nested are the modules below the path of the main module that are somebody
// else's.
var nested = sync.OnceValue(func() (paths []string) {
	for _, dep := range built().Deps {
		if Below(dep.Path, built().Main.Path) {
			paths = append(paths, dep.Path)
		}
	}
	return paths
})

// Owns reports whether a package belongs to the program and not to a dependency
// or the standard library. Import paths decide, never file names, so -trimpath
// and vendoring change nothing.
func Owns(pkg string) bool {
	if pkg == "main" {
		return true
	}
	main := built().Main.Path
	if main == "" || !Below(pkg, main) && pkg != main+"_test" {
		return false
	}
	for _, other := range nested() {
		if Below(pkg, other) {
			return false
		}
	}
	return true
}

// Below reports whether an import path is root or stands under it.
func Below(pkg, root string) bool {
	rest, ok := strings.CutPrefix(pkg, root)
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(root, "/"))
}

// Modules are the versions of Go and of what was linked in, by module path. The
// map is shared; nobody may change it.
var Modules = sync.OnceValue(func() map[string]string {
	modules := map[string]string{"go": runtime.Version()}
	for _, m := range append(built().Deps, &built().Main) {
		if m.Replace != nil && m.Replace.Version != "" {
			m = &debug.Module{Path: m.Path, Version: m.Replace.Version}
		}
		if m.Path != "" && m.Version != "" {
			modules[m.Path] = m.Version
		}
	}
	return modules
})

// Revision is the revision of the source that the program was built from, ""
// where the build does not say.
func Revision() string {
	for _, s := range built().Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

// Path is the import path of the program, or the path of its file where the
// build does not say; "" if that is not known either.
func Path() string {
	if path := built().Path; path != "" && path != "command-line-arguments" {
		return path
	}
	path, _ := os.Executable() // "" tells programs apart less well, that is all
	return path
}

// Name is the last element of the path, without .exe.
func Name() string {
	path := filepath.ToSlash(Path())
	return strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".exe")
}
