package jsonvalue_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven/internal/jsonvalue"
	"github.com/ravenkit/ravenkit/raven/internal/mask"
)

func Example() {
	var e jsonvalue.Encoder
	e.Use(mask.New(nil, true))
	value := map[string]any{"user": "u", "password": "hush", "list": []int{1, 2, 3}}
	fmt.Println(string(e.AppendValue(nil, value, jsonvalue.Limits{Depth: 2, Items: 3}, 0)))
	// Output: {"list":[1,2,3],"password":"********","user":"u"}
}

type (
	node   struct{ Next *node }
	broken struct{}
	own    struct{}
	login  struct{ Name, Password string }
	inner  struct{ Name string }
	tagged struct {
		A int    `json:"a"`
		B string `json:",omitempty"`
		C int    `json:"-"`
		d int
		inner
	}
)

func (broken) String() string            { panic("no") }
func (own) MarshalJSON() ([]byte, error) { return []byte(`{ "token" : 1e400 }`), nil }
func (l login) String() string           { return l.Name + ":" + l.Password }
func appended(v any, m *mask.Mask) string {
	var e jsonvalue.Encoder
	e.Use(m)
	return string(e.AppendValue(nil, v, jsonvalue.Tight, 0))
}

func TestValues(t *testing.T) {
	ring := &node{}
	ring.Next = ring
	deep := any("x")
	for range 9 {
		deep = []any{deep}
	}
	for _, tt := range []struct {
		in   any
		want string
	}{
		{nil, "null"},
		{map[string]any(nil), "null"},
		{[]byte("ab"), `"ab"`},
		{time.Unix(0, 0).UTC(), `"1970-01-01T00:00:00Z"`},
		{errors.New("no"), `"no"`},
		{uint8(7), "7"},
		{2i, `"(0+2i)"`},
		{make(chan int), `"chan int"`},
		{json.Number("1.50"), "1.50"},
		{json.Number("10\n"), "10"}, // a line break would end a line of file+
		{json.Number("x"), `"x"`},
		{map[int]string{2: "b", 1: "a"}, `{"1":"a","2":"b"}`},
		{tagged{A: 1, C: 2, d: 3, inner: inner{"n"}}, `{"a":1,"Name":"n"}`},
		{ring, `{"Next":"<...>"}`},
		{deep, `[[[[[["[]interface {} (1 entries)"]]]]]]`},
		{strings.Repeat("é", 401), `"` + strings.Repeat("é", 400) + `"`},
		{own{}, `{"token":"+Inf"}`},
		{broken{}, `"<jsonvalue_test.broken: String panicked: no>"`},
	} {
		got := appended(tt.in, nil)
		NewWithT(t).Expect(got).To(Equal(tt.want))
		NewWithT(t).Expect(json.Valid([]byte(got))).To(BeTrue())
	}
}

func TestSecrets(t *testing.T) {
	m := mask.New(nil, true)
	for _, tt := range []struct {
		in   any
		want string
	}{
		{own{}, `{"token":"********"}`},
		{&login{"n", "hush"}, `{"Name":"n","Password":"********"}`},
		{map[string]any{"tokens": []any{"a", nil, "b"}, "token": nil}, `{"token":null,"tokens":["********",null,"********"]}`},
		{map[string]any{"cookies": map[string]any{"sid": "1"}, "sid": "1"}, `{"cookies":{"sid":"********"},"sid":"1"}`},
	} {
		NewWithT(t).Expect(appended(tt.in, m)).To(Equal(tt.want))
	}
}

func TestFormatted(t *testing.T) {
	g := NewWithT(t)
	var e jsonvalue.Encoder
	e.Use(mask.New(nil, true))
	endless := map[string]any{}
	endless["m"] = endless
	g.Expect(e.Formatted("%s %d %v", []any{"a", 1, &login{"n", "hush"}}, jsonvalue.Tight)).To(Equal(`a 1 {"Name":"n","Password":"********"}`))
	g.Expect(e.Formatted("%v", []any{endless}, jsonvalue.Tight)).To(Equal(`{"m":"<...>"}`))
}

func TestText(t *testing.T) {
	g := NewWithT(t)
	var e jsonvalue.Encoder
	e.Use(mask.New(nil, true))
	for want, v := range map[string]any{"a": "a", "1s": time.Second, "7": 7, `{"Name":"n","Password":"********"}`: login{"n", "hush"}} {
		g.Expect(e.Text(v, jsonvalue.Tight)).To(Equal(want))
	}
}

// ender ends the goroutine in the middle of an encoding.
type ender struct{}

func (ender) String() string {
	runtime.Goexit()
	return ""
}

func TestRestart(t *testing.T) {
	g := NewWithT(t)
	var e jsonvalue.Encoder
	e.Use(mask.New(nil, true))
	list := []any{map[string]any{"sid": "1"}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.AppendMap(nil, map[string]any{"cookies": ender{}}, jsonvalue.Loose)
	}()
	<-done
	e.Restart()
	g.Expect(string(e.AppendMap(nil, map[string]any{"list": list}, jsonvalue.Loose))).To(Equal(`{"list":[{"sid":"1"}]}`))
}

func TestKeysAreSorted(t *testing.T) {
	g := NewWithT(t)
	g.Expect(jsonvalue.SortedKeys([]string{"z"}, map[string]int{"b": 1, "a": 2})).To(Equal([]string{"z", "a", "b"}))
	var e jsonvalue.Encoder
	shown := func(_ *mask.Mask, key, value string) string { return key + value }
	g.Expect(string(e.AppendStringMap(nil, map[string]string{"b": "1", "a": "2"}, shown))).To(Equal(`{"a":"a2","b":"b1"}`))
	g.Expect(string(e.AppendStrings(nil, []string{"b", "a"}))).To(Equal(`["b","a"]`))
	g.Expect(string(e.AppendMasked(nil, reflect.ValueOf([]any{1, nil}), jsonvalue.Tight))).To(Equal(`["********",null]`))
}
