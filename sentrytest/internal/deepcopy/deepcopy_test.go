package deepcopy_test

import (
	"net/http"
	"reflect"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/deepcopy"
)

type inner struct {
	Texts []string
	Flag  *bool
}

type whole struct {
	Name    string
	At      time.Time
	Inner   inner
	List    []inner
	Pointer *inner
	Bytes   []byte
	Tree    map[string]any
	Maps    map[string]map[string]any
	Words   map[string]string
	Header  http.Header
	Raws    map[string][]byte
	Any     any
}

func sample() whole {
	yes := true
	in := func() inner { return inner{Texts: []string{"a"}, Flag: &yes} }
	pointed := in()
	return whole{
		Name: "n", At: time.Unix(1, 0), Inner: in(), List: []inner{in()}, Pointer: &pointed, Bytes: []byte("b"),
		Tree: map[string]any{"l": []any{"x"}}, Maps: map[string]map[string]any{"m": {"k": "v"}}, Words: map[string]string{"k": "v"},
		Header: http.Header{"A": {"1"}}, Raws: map[string][]byte{"r": []byte("x")}, Any: []any{"y"},
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	original := sample()
	copied := deepcopy.Of(original)
	g.Expect(copied).To(Equal(sample()))

	*copied.Inner.Flag = false
	copied.Inner.Texts[0] = "changed"
	copied.List[0].Texts[0] = "changed"
	copied.Pointer.Texts[0] = "changed"
	copied.Bytes[0] = 'c'
	copied.Tree["l"].([]any)[0] = "changed"
	copied.Maps["m"]["k"] = "changed"
	copied.Words["k"] = "changed"
	copied.Header["A"][0] = "changed"
	copied.Raws["r"][0] = 'c'
	copied.Any.([]any)[0] = "changed"
	g.Expect(original).To(Equal(sample()))
}

func TestNothing(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(deepcopy.Of(whole{})).To(Equal(whole{}))
	empty := whole{List: []inner{}, Bytes: []byte{}, Tree: map[string]any{}, Raws: map[string][]byte{}}
	g.Expect(reflect.DeepEqual(deepcopy.Of(empty), empty)).To(BeTrue(), "empty is not nil")
}

// In an interface there may be a value of the program, which may refer to
// itself. It is shared, as in a map of JSON.
func TestValuesOfTheProgram(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	type ring struct{ Next any }
	r := &ring{}
	r.Next = r
	copied := deepcopy.Of(whole{Any: r, Tree: map[string]any{"r": r}})
	g.Expect(copied.Any).To(BeIdenticalTo(any(r)))
	g.Expect(copied.Tree["r"]).To(BeIdenticalTo(any(r)))
	list := deepcopy.Of([]any{r, []any{1.0}})
	g.Expect(list[0]).To(BeIdenticalTo(any(r)))
}
