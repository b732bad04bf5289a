package stack

import (
	"regexp"
	"strings"
)

// SplitName splits the runtime's name of a function into the import path of its
// package and a readable name: a/b.(*T[...]).M-fm is a/b and (*T).M. Closures
// keep the name of their function and a number: run.func1.
func SplitName(full string) (module, name string) {
	slash := strings.LastIndexByte(full, '/')
	if generic := strings.IndexByte(full, '['); generic >= 0 && generic < slash {
		slash = strings.LastIndexByte(full[:generic], '/')
	}
	dot := strings.IndexByte(full[slash+1:], '.')
	if dot < 0 {
		return "", full
	}
	module, name = full[:slash+1+dot], full[slash+dot+2:]
	// The linker escapes dots in the last element of a path.
	module = strings.ReplaceAll(module, "%2e", ".")
	return module, humanName(withoutTypeArguments(name))
}

func withoutTypeArguments(name string) string {
	depth := 0
	return strings.Map(func(r rune) rune {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth--
		case depth == 0:
			return r
		}
		return -1
	}, name)
}

// compilerMade matches what the compiler adds to names: -fm for a method value,
// -range1 for the body of a loop over a function, gowrap1 and deferwrap1 for
// the call of a go or defer statement.
var compilerMade = regexp.MustCompile(`-fm\b|-range\d+|\.(gowrap|deferwrap)\d+`)

// initializer matches the n-th init function and closures of package variables.
var initializer = regexp.MustCompile(`^(init\.\d+|glob\.)(\.|$)`)

func humanName(name string) string {
	// A closure that was inlined with its function has the name of the caller
	// in front: main.(*T).M.func1, run.run.func1.func2.
	if i := strings.LastIndex(name, "-fm."); i >= 0 {
		name = name[i+len("-fm."):]
	}
	if i := strings.LastIndex(name, ".(*"); i >= 0 {
		name = name[i+1:]
	}
	if outer, rest, found := strings.Cut(name, "."); found && strings.HasPrefix(rest, outer+".") {
		name = rest
	}
	if strings.ContainsRune(name, '-') || strings.Contains(name, "wrap") {
		name = compilerMade.ReplaceAllString(name, "")
	}
	return initializer.ReplaceAllString(name, "init$2")
}

// closure matches the end of the name of a closure.
var closure = regexp.MustCompile(`(\.func\d+|\.\d+)+$`)

// Place returns a function with its package's name and without the numbers of
// closures, which change when another closure is added above.
func Place(module, function string) string {
	function = closure.ReplaceAllString(function, "")
	if module == "" {
		return function
	}
	return packageName(module) + "." + function
}

var majorVersion = regexp.MustCompile(`^v\d+$`)

// packageName guesses a package's name: the last element of the import path
// that is not a version.
func packageName(module string) string {
	rest, last := "", module
	if slash := strings.LastIndexByte(module, '/'); slash >= 0 {
		rest, last = module[:slash], module[slash+1:]
	}
	if rest != "" && majorVersion.MatchString(last) {
		return packageName(rest)
	}
	if name, version, found := strings.Cut(last, "."); found && majorVersion.MatchString(version) {
		return name
	}
	return last
}
