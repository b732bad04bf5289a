package guard_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/internal/guard"
)

type embedded struct{ Inner map[string]int }

type holder struct {
	embedded
	Map    map[string]any
	List   []int
	Any    any
	Array  [1][]int
	Struct struct{ Deep map[string]int }
	Shared *int
	hidden []int
}

func TestCopy(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	number := 1
	v := holder{
		embedded: embedded{map[string]int{"a": 1}},
		Map:      map[string]any{"s": struct{ M map[string]int }{map[string]int{"a": 1}}},
		List:     []int{1},
		Any:      []any{map[string]int{"a": 1}},
		Array:    [1][]int{{1}},
		Struct:   struct{ Deep map[string]int }{map[string]int{"a": 1}},
		Shared:   &number,
		hidden:   []int{1},
	}
	copied := guard.Copy(new(guard.Copier), any(v)).(holder)
	g.Expect(copied).To(Equal(v))

	v.Inner["a"], v.List[0], v.Array[0][0], v.Struct.Deep["a"] = 2, 2, 2, 2
	v.Map["s"].(struct{ M map[string]int }).M["a"] = 2
	v.Any.([]any)[0].(map[string]int)["a"] = 2
	g.Expect(copied.Inner).To(HaveKeyWithValue("a", 1))
	g.Expect(copied.List).To(Equal([]int{1}))
	g.Expect(copied.Array[0]).To(Equal([]int{1}))
	g.Expect(copied.Struct.Deep).To(HaveKeyWithValue("a", 1))
	g.Expect(copied.Map["s"]).To(Equal(struct{ M map[string]int }{map[string]int{"a": 1}}))
	g.Expect(copied.Any).To(Equal([]any{map[string]int{"a": 1}}))
	g.Expect(copied.Shared).To(BeIdenticalTo(v.Shared), "the value behind a pointer is shared")
}

func TestCopyOfCycles(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	m := cyclicMap()
	copied := guard.Copy(new(guard.Copier), m)
	m["more"] = 1
	g.Expect(copied).To(HaveLen(1))
	g.Expect(copied["me"]).To(HaveLen(1), "the copy holds itself, not the original")
	g.Expect(guard.Copy(new(guard.Copier), cyclicList())).To(HaveLen(1))
	g.Expect(guard.Copy(new(guard.Copier), nested(1_000_000))).To(HaveLen(1))
	g.Expect(guard.Copy[any](new(guard.Copier), nil)).To(BeNil())
}
