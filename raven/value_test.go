package raven_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

type (
	panicky  struct{}
	jsonBad  struct{}
	jsonBoom struct{}
	jsonOwn  struct{ n int }
	textual  struct{ s string }
	textBad  struct{}
	onPtr    struct{ n int }
	hidden   struct{ secret string }
	named    string
	inner    struct{ A int }
	outer    struct {
		inner
		*embedded
		B       string `json:"b,omitempty"`
		C       int    `json:"-"`
		D       *int   `json:"d"`
		E       any
		F       time.Time `json:"f,omitzero"`
		private int
		When    time.Duration
		Ptr     onPtr
		Tagged  inner `json:"t"`
	}
	embedded  struct{ Z int }
	emptyable struct {
		A int            `json:",omitempty"`
		B bool           `json:",omitempty"`
		C string         `json:",omitempty"`
		D []int          `json:",omitempty"`
		E map[string]int `json:",omitempty"`
		F *int           `json:",omitempty"`
		G struct{}       `json:",omitempty"`
	}
	loop struct{ Next *loop }
)

func (panicky) String() string                 { panic("oh no") }
func (jsonBad) MarshalJSON() ([]byte, error)   { return []byte("{"), nil }
func (jsonBoom) MarshalJSON() ([]byte, error)  { panic(errors.New("boom")) }
func (j jsonOwn) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "{ \"n\" : %d }", j.n), nil }
func (t textual) MarshalText() ([]byte, error) { return []byte("text " + t.s), nil }
func (textBad) MarshalText() ([]byte, error)   { return nil, errors.New("cannot") }
func (p *onPtr) String() string                { return fmt.Sprint("ptr ", p.n) }

func TestValues(t *testing.T) {
	seven := 7
	cycle := map[string]any{}
	cycle["self"] = cycle
	ring := &loop{}
	ring.Next = ring
	list := make([]any, 1)
	list[0] = list
	type pointer *pointer
	var round pointer
	round = &round
	nest := func(n int) any {
		v := any(1)
		for range n {
			v = []any{v}
		}
		return v
	}
	long := strings.Repeat("é", 1000)
	for _, tt := range []struct {
		name string
		in   any
		want string
	}{
		{"nil", nil, `null`},
		{"string", "a\"\\\n\t\r\x00\x7f é", `"a\"\\\n\t\r\u0000\u007f é"`},
		{"named string", named("x"), `"x"`},
		{"long string", long, `"` + long[:800] + `"`},
		{"invalid UTF-8", "a\xff\xfeb\xe2\x82", `"a��b��"`},
		{"replacement character", "\ufffd", `"�"`},
		{"bytes", []byte("raw"), `"raw"`},
		{"named bytes", json.RawMessage(`{"a": 1}`), `{"a":1}`},
		{"int", -7, `-7`},
		{"int8", int8(-7), `-7`},
		{"uint64", uint64(1 << 53), `9007199254740992`},
		{"float", 2.5, `2.5`},
		{"float32", float32(0.1), `0.1`},
		{"huge float", 1e300, `1e+300`},
		{"tiny float", 1e-9, `1e-09`},
		{"NaN", math.NaN(), `"NaN"`},
		{"Inf", math.Inf(-1), `"-Inf"`},
		{"NaN32", float32(math.NaN()), `"NaN"`},
		{"complex", complex(1, -2), `"(1-2i)"`},
		{"bool", true, `true`},
		{"number", json.Number("12.50"), `12.50`},
		{"no number", json.Number("abc"), `"abc"`},
		{"channel", make(chan int), `"chan int"`},
		{"function", func(int) {}, `"func(int)"`},
		{"unsafe pointer", unsafe.Pointer(&seven), `"unsafe.Pointer"`},
		{"time", time.Unix(0, 5).UTC(), `"1970-01-01T00:00:00.000000005Z"`},
		{"duration", 1500 * time.Millisecond, `"1.5s"`},
		{"month", time.March, `"March"`},
		{"error", errors.New("x"), `"x"`},
		{"IP", net.IPv4(1, 2, 3, 4), `"1.2.3.4"`},
		{"URL", &url.URL{Scheme: "http", Host: "h"}, `"http://h"`},
		{"marshaler", jsonOwn{3}, `{"n":3}`},
		{"text marshaler", textual{"x"}, `"text x"`},
		{"bad marshaler", jsonBad{}, `"<raven_test.jsonBad: MarshalJSON failed: unexpected end of JSON input>"`},
		{"panicking marshaler", jsonBoom{}, `"<raven_test.jsonBoom: MarshalJSON panicked: boom>"`},
		{"bad text marshaler", textBad{}, `"<raven_test.textBad: MarshalText failed: cannot>"`},
		{"panicking Stringer", panicky{}, `"<raven_test.panicky: String panicked: oh no>"`},
		{"nil Stringer", (*onPtr)(nil), `null`},
		{"Stringer by pointer", &onPtr{2}, `"ptr 2"`},
		{"pointer", &seven, `7`},
		{"nil map", map[string]int(nil), `null`},
		{"map", map[string]any{"b": 1, "a": []string{"x"}}, `{"a":["x"],"b":1}`},
		{"nil any map", map[string]any(nil), `null`},
		{"int keys", map[int]string{2: "b", 1: "a"}, `{"1":"a","2":"b"}`},
		{"text keys", map[textual]int{{"k"}: 1}, `{"text k":1}`},
		{"month keys", map[time.Month]bool{time.May: true}, `{"May":true}`},
		{"equal keys", map[any]int{1: 1, "1": 1, nil: 2, true: 3, struct{ x int }{1}: 4}, `{"1":1,"null":2,"struct { x int }":4,"true":3}`},
		{"array", [2]bool{true}, `[true,false]`},
		{"struct", outer{inner: inner{1}, C: 5, E: 2, private: 3, When: time.Second, Ptr: onPtr{9}}, `{"A":1,"d":null,"E":2,"When":"1s","Ptr":"raven_test.onPtr","t":{"A":0}}`},
		{"struct by pointer", &outer{embedded: &embedded{4}, B: "b", D: &seven}, `{"A":0,"Z":4,"b":"b","d":7,"E":null,"When":"0s","Ptr":"ptr 0","t":{"A":0}}`},
		{"omitempty", emptyable{}, `{"G":{}}`},
		{"omitempty, not empty", emptyable{A: 1, B: true, C: "c", D: []int{1}, E: map[string]int{"a": 1}, F: &seven}, `{"A":1,"B":true,"C":"c","D":[1],"E":{"a":1},"F":7,"G":{}}`},
		{"struct with nothing to show", hidden{"s"}, `"raven_test.hidden"`},
		{"empty struct", struct{}{}, `{}`},
		{"cycle by map", cycle, `{"self":"<...>"}`},
		{"cycle by pointer", ring, `{"Next":"<...>"}`},
		{"cycle by slice", list, `["<...>"]`},
		{"pointer to itself", &round, `"<...>"`},
		{"six levels", nest(6), `[[[[[[1]]]]]]`},
		{"seven levels", nest(7), `[[[[[["[]interface {} (1 entries)"]]]]]]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			c, rec := newRecorded(t, testDSN)
			c.CaptureMessage(t.Context(), "x", raven.Extra{"v": tt.in, "w": "after"})
			ev := only(t, rec)
			g.Expect(ev.at("extra", "w")).To(Equal("after"))
			g.Expect(json.Marshal(ev.at("extra", "v"))).To(MatchJSON(tt.want))
		})
	}
}

func TestValueLimits(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	many, pairs, typed := make([]int, 80), map[string]any{}, map[int]int{}
	for i := range 80 {
		pairs[fmt.Sprintf("%02d", i)], typed[i] = i, i
	}
	c.CaptureMessage(t.Context(), "x", raven.Extra{"list": many, "map": pairs, "typed": typed}, raven.Contexts{"own": map[string]any{"list": many, "s": strings.Repeat("x", 500)}}, raven.Params{strings.Repeat("x", 500)})
	ev := only(t, rec)
	g.Expect(ev.at("extra", "list")).To(HaveLen(50))
	g.Expect(ev.at("extra", "map")).To(And(HaveLen(50), HaveKey("00"), HaveKey("49")))
	g.Expect(ev.at("extra", "typed")).To(HaveLen(50))
	g.Expect(ev.at("contexts", "own", "list")).To(HaveLen(80))
	g.Expect(ev.at("contexts", "own", "s")).To(HaveLen(500))
	g.Expect(ev.at("logentry", "params", 0)).To(HaveLen(400))
}

func TestSharedValuesDoNotMultiply(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	v, w := []any{"leaf"}, map[string]any{}
	for range 40 {
		v = slices.Repeat([]any{v}, 50)
		w = map[string]any{"a": w, "b": w}
	}
	c.CaptureMessage(t.Context(), "x", raven.Extra{"list": v}, raven.Contexts{"own": w})
	eventOf(t, rec.all()[0])
	g.Expect(len(rec.all()[0].Body)).To(BeNumerically("<", 3<<20))
}

func TestLargeMarshaler(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	large := json.RawMessage(`"` + strings.Repeat("x", 20000) + `"`)
	c.CaptureMessage(t.Context(), "x", raven.Extra{"v": large}, raven.Contexts{"own": map[string]any{"v": large}})
	g.Expect(only(t, rec).at("extra", "v")).To(HaveLen(400))
	g.Expect(only(t, rec).at("contexts", "own", "v")).To(HaveLen(20000))
}

func FuzzString(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\\x00", "é\xff", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, rec := newRecorded(t, testDSN, raven.WithoutDefaultProcessors()) // a text may hold a secret by chance
		c.CaptureMessage(t.Context(), "m"+s, raven.Tags{s: s})
		want := "m" + string([]rune(s))
		if got := only(t, rec).at("logentry", "formatted"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
