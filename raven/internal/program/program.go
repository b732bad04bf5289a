// Package program describes the running program: its modules, revision and
// name, from the data that the linker adds.
//
// It must not know anything of this repository.
package program

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

var built = sync.OnceValue(func() *debug.BuildInfo {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info
	}
	return new(debug.BuildInfo)
})

// nested are other modules whose paths are below that of the main module.
var nested = sync.OnceValue(func() (paths []string) {
	for _, dep := range built().Deps {
		if Below(dep.Path, built().Main.Path) {
			paths = append(paths, dep.Path)
		}
	}
	return paths
})

// Owns reports whether a package belongs to the program, not to a dependency or
// the standard library. Only import paths count, so -trimpath and vendoring
// change nothing.
func Owns(pkg string) bool {
	if pkg == "main" {
		return true
	}
	main := built().Main.Path
	if main == "" || !Below(pkg, main) && pkg != main+"_test" {
		return false
	}
	return !slices.ContainsFunc(nested(), func(other string) bool { return Below(pkg, other) })
}

// Below reports whether an import path is root or below it.
func Below(pkg, root string) bool {
	rest, ok := strings.CutPrefix(pkg, root)
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(root, "/"))
}

// Modules returns the versions of Go and of the linked modules, by path. The
// map is shared and must not change.
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

// Revision returns the revision that the program was built from, "" if unknown.
func Revision() string {
	for _, s := range built().Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

// Path returns the import path of the program, else the path of its file; "" if
// both are unknown.
func Path() string {
	if path := built().Path; path != "" && path != "command-line-arguments" {
		return path
	}
	path, _ := os.Executable() // without it, programs are only less distinct
	return path
}

// Name returns the last element of the path, without .exe.
func Name() string {
	path := filepath.ToSlash(Path())
	return strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".exe")
}
