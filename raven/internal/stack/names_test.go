package stack_test

import (
	"testing"

	"github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// Some of these names are from older compilers and linkers.
func TestFunctionName(t *testing.T) {
	for full, want := range map[string][2]string{
		"main.main":                        {"main", "main"},
		"a/b.(*T[...]).M":                  {"a/b", "(*T).M"},
		"a/b.Map[go.shape.int,a/c.T[...]]": {"a/b", "Map"},
		"gopkg.in/yaml%2ev3.Unmarshal":     {"gopkg.in/yaml.v3", "Unmarshal"},
		"a.(*T).Serve-fm":                  {"a", "(*T).Serve"},
		"a.glob..func1":                    {"a", "init.func1"},
		"a.init.0":                         {"a", "init"},
		"a.init.1.func2":                   {"a", "init.func2"},
		"a.run-range1":                     {"a", "run"},
		"a.run.func1-range2.func3":         {"a", "run.func1.func3"},
		"a.run.gowrap1":                    {"a", "run"},
		"a.(*T).run.func1.deferwrap2":      {"a", "(*T).run.func1"},
		"a.S.V-fm.S.V.func1":               {"a", "S.V.func1"},
		"a.main.(*L[...]).M.func5":         {"a", "(*L).M.func5"},
		"a.inl.inl.func1.func2":            {"a", "inl.func1.func2"},
		"a.unwrapper":                      {"a", "unwrapper"},
		"_cgoexp_12":                       {"", "_cgoexp_12"},
	} {
		module, name := stack.SplitName(full)
		gomega.NewWithT(t).Expect([2]string{module, name}).To(gomega.Equal(want), full)
	}
}

func TestPlace(t *testing.T) {
	for want, function := range map[string][2]string{
		"shop.checkout":        {"example.com/shop", "checkout"},
		"shop.(*Server).Serve": {"example.com/shop/v2", "(*Server).Serve"},
		"yaml.Unmarshal":       {"gopkg.in/yaml.v3", "Unmarshal"},
		"main.run":             {"main", "run.func1.2"},
		"v8.Eval":              {"v8", "Eval"},
		"github.com.F":         {"github.com", "F.func1.func2"},
		"_cgoexp_12":           {"", "_cgoexp_12"},
	} {
		gomega.NewWithT(t).Expect(stack.Place(function[0], function[1])).To(gomega.Equal(want))
	}
}
