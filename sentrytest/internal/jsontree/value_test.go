package jsontree_test

import (
	"encoding/json"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// Numbers keep all their digits: json.Number where a float64 would round.
func TestDecode(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]any{
		`1.5`:              1.5,
		`9007199254740991`: float64(9007199254740991),
		`9007199254740993`: json.Number("9007199254740993"),
		`1e400`:            json.Number("1e400"),
		`[{"a":[1]}]`:      []any{map[string]any{"a": []any{1.0}}},
		`{"a":1,"a":2}`:    map[string]any{"a": 2.0},
		`null`:             nil,
	} {
		g := NewWithT(t)
		got, err := jsontree.Decode([]byte(raw))
		g.Expect(err).NotTo(HaveOccurred(), raw)
		if want == nil {
			g.Expect(got).To(BeNil())
		} else {
			g.Expect(got).To(Equal(want), raw)
		}
	}
	for _, raw := range []string{``, `{`, `1 2`, `{"a":}`} {
		_, err := jsontree.Decode([]byte(raw))
		NewWithT(t).Expect(err).To(HaveOccurred(), raw)
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	tree, err := jsontree.Decode([]byte(`{"a":{"b":[1,{"c":2}]},"x.y":{"z":3},"x":{"y":4}}`))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for path, want := range map[string]any{
		"a.b.0": 1.0, "a.b.-1.c": 2.0, "x.y.z": 3.0, "x.y": map[string]any{"z": 3.0}, "a.b.2": nil, "a.q": nil, "a.b.c": nil,
	} {
		got, ok := jsontree.Lookup(tree, path)
		g := NewWithT(t)
		g.Expect(ok).To(Equal(want != nil), path)
		if want != nil {
			g.Expect(got).To(Equal(want), path)
		}
	}
}

// An entry that was added or removed is one difference, not one for each that
// follows it.
func TestDiff(t *testing.T) {
	t.Parallel()
	diff := func(want, got string) []jsontree.Difference {
		w, err := jsontree.Decode([]byte(want))
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		g, err := jsontree.Decode([]byte(got))
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return jsontree.Diff("", w, g)
	}
	g := NewWithT(t)
	g.Expect(diff(`{"a":[1,2,3]}`, `{"a":[1,2,3]}`)).To(BeEmpty())
	g.Expect(diff(`{"a":[1,2,3]}`, `{"a":[1,9,2,3]}`)).To(Equal([]jsontree.Difference{{Path: "a.1", Want: jsontree.Absent, Got: "9"}}))
	g.Expect(diff(`{"a":{"b":1},"c":2}`, `{"a":{"b":"<"}}`)).To(Equal([]jsontree.Difference{
		{Path: "a.b", Want: "1", Got: `"<"`}, {Path: "c", Want: "2", Got: jsontree.Absent},
	}))
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	depth, size := jsontree.Measure(map[string]any{"a": []any{"bc", 1.0}})
	g.Expect(depth).To(Equal(2))
	g.Expect(size).To(Equal(len(`{"a":["bc",1]}`)))
	depth, size = jsontree.Measure("x")
	g.Expect(depth).To(Equal(0))
	g.Expect(size).To(Equal(3))
}

func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	one := map[string]any{"a": []any{map[string]any{"b": 1.0}}}
	other := jsontree.CloneMap(one)
	other["a"].([]any)[0].(map[string]any)["b"] = 2.0
	g.Expect(one["a"].([]any)[0]).To(Equal(map[string]any{"b": 1.0}))
}

func TestObject(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	o, err := jsontree.ParseObject([]byte(` {"a":"\u0041","b":1,"a":"last"} `))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(o.TextAt("a")).To(Equal("last"))
	g.Expect(o.TextAt("b")).To(BeEmpty())
	g.Expect(string(o.Member("b"))).To(Equal("1"))
	g.Expect(o.Member("c")).To(BeNil())
	for raw, want := range map[string]string{`[1]`: "found array", `null`: "found null", `{"a"`: "unexpected end"} {
		_, err := jsontree.ParseObject([]byte(raw))
		g.Expect(err).To(MatchError(ContainSubstring(want)), raw)
	}
}
