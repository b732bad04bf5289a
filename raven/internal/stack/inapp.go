package stack

import "github.com/ravenkit/ravenkit/raven/internal/program"

// Rule says which packages are the program's own, beside those of its module. A
// nil Rule says nothing. It never changes.
type Rule struct{ Include, Exclude []string }

// InApp returns what the rule says of a package, else byDefault.
func (r *Rule) InApp(pkg string, byDefault bool) bool {
	if r == nil {
		return byDefault
	}
	for _, root := range r.Exclude {
		if program.Below(pkg, root) {
			return false
		}
	}
	for _, root := range r.Include {
		if program.Below(pkg, root) {
			return true
		}
	}
	return byDefault
}
