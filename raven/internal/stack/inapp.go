package stack

import (
	"slices"

	"github.com/ravenkit/ravenkit/raven/internal/program"
)

// Rule says which packages are the program's own, in addition to those of its
// module. A nil Rule says nothing. It never changes.
type Rule struct{ Include, Exclude []string }

// InApp returns the rule's decision on a package, else byDefault.
func (r *Rule) InApp(pkg string, byDefault bool) bool {
	below := func(root string) bool { return program.Below(pkg, root) }
	switch {
	case r == nil:
		return byDefault
	case slices.ContainsFunc(r.Exclude, below):
		return false
	}
	return byDefault || slices.ContainsFunc(r.Include, below)
}
