package lenient_test

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lenient"
)

// read makes an object of JSON, and the reader that takes its problems.
func read(t *testing.T, raw string) (lenient.Object, *lenient.Reader) {
	t.Helper()
	fields, err := jsontree.DecodeObject([]byte(raw))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	r := &lenient.Reader{}
	return r.Object(fields, ""), r
}

func TestScalars(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	o, r := read(t, `{"s":"x","n":1.50,"b":true,"l":[1],"i":7,"big":9007199254740993,"null":null}`)
	g.Expect(o.Text("s")).To(Equal("x"))
	g.Expect(o.Scalar("n")).To(Equal("1"))
	g.Expect(o.Scalar("b")).To(Equal("True"))
	g.Expect(o.Scalar("big")).To(Equal("9007199254740993"))
	g.Expect(o.Text("null")).To(BeEmpty())
	g.Expect(o.TextOrJSON("l")).To(Equal("[1]"))
	g.Expect(*o.Boolean("b")).To(BeTrue())
	g.Expect(o.Boolean("null")).To(BeNil())
	n, ok := o.Integer("i")
	g.Expect(ok).To(BeTrue())
	g.Expect(n).To(Equal(7))
	g.Expect(r.Take()).To(BeEmpty())

	g.Expect(o.Text("l")).To(BeEmpty())
	_, ok = o.Integer("n")
	g.Expect(ok).To(BeFalse())
	g.Expect(o.Boolean("s")).To(BeNil())
	g.Expect(r.Take()).To(Equal([]lenient.Problem{
		{Path: "l", Reason: "expected a string, found [1]"},
		{Path: "n", Reason: "expected an integer, found 1.5"},
		{Path: "s", Reason: `expected a boolean, found "x"`},
	}))
	g.Expect(lenient.Problem{Reason: "expected a string, found [1]"}.Expected()).To(Equal("expected a string"))
	g.Expect(r.Take()).To(BeEmpty(), "problems are taken once")
}

// A number that an int of this machine can't hold is a problem, not another
// number.
func TestIntegersOf32Bits(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	o, r := read(t, `{"n":3000000000}`)
	n, ok := o.Integer("n")
	if strconv.IntSize == 32 {
		g.Expect(ok).To(BeFalse())
		g.Expect(n).To(BeZero())
		g.Expect(r.Take()).To(HaveLen(1))
		return
	}
	g.Expect(ok).To(BeTrue())
	g.Expect(int64(n)).To(Equal(int64(3_000_000_000)))
	g.Expect(r.Take()).To(BeEmpty())
}

// A list of objects has three shapes; entries that are none are noted.
func TestValues(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][]string{
		`{"x":{"values":[{"a":1},null,{"a":2}]}}`: {"x.values.0.a", "x.values.2.a"},
		`{"x":[{"a":1}]}`:                         {"x.0.a"},
		`{"x":{"a":1}}`:                           {"x.a"},
		`{"x":[3]}`:                               nil,
		`{}`:                                      nil,
	} {
		o, _ := read(t, raw)
		var paths []string
		for _, one := range o.Values("x") {
			paths = append(paths, one.Path("a"))
		}
		NewWithT(t).Expect(paths).To(Equal(want), raw)
	}
	o, r := read(t, `{"x":[3]}`)
	o.Values("x")
	NewWithT(t).Expect(r.Take()).To(Equal([]lenient.Problem{{Path: "x.0", Reason: "expected an object, found 3"}}))
}

func TestPairs(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for raw, want := range map[string]string{
		`{"q":"?a=1"}`: "a=1", `{"q":[["b","1 2"],["a",null]]}`: "b=1+2&a=", `{"q":{"b":["1",2],"a":true}}`: "a=true&b=1&b=2",
	} {
		o, r := read(t, raw)
		g.Expect(o.Query("q")).To(Equal(want), raw)
		g.Expect(r.Take()).To(BeEmpty(), raw)
	}
	o, _ := read(t, `{"c":"a=1; b=2=3","d":{"x":"y"}}`)
	g.Expect(o.Cookies("c")).To(Equal(map[string]string{"a": "1", "b": "2=3"}))
	g.Expect(o.Cookies("d")).To(Equal(map[string]string{"x": "y"}))
	g.Expect(o.Cookies("e")).To(BeNil())
}

func TestTime(t *testing.T) {
	t.Parallel()
	day := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, v := range []any{"2020-01-02T03:04:05Z", "2020-01-02 04:04:05 +0100", "2020-01-02 03:04:05 UTC", float64(day.Unix()), " 2020-1-2T3:4:5", "2020-01-02T03:04:05UTC", "2020-01-02t03:04:05z"} {
		got, ok := lenient.Time(v)
		NewWithT(t).Expect(ok).To(BeTrue(), "%v", v)
		NewWithT(t).Expect(got).To(Equal(day), "%v", v)
	}
	for _, v := range []any{"yesterday", 1e15, nil, true, "1577934245", "2020-01-02T03:04:05,123Z", "2020-01-02 03:04:05", "2020-01-02t03:04:05", "2020-02-30T00:00:00Z"} {
		_, ok := lenient.Time(v)
		NewWithT(t).Expect(ok).To(BeFalse(), "%v", v)
	}
	_, ok := lenient.Date("2020-01-02T03:04:05") // a date without a zone
	NewWithT(t).Expect(ok).To(BeFalse())
}

func TestWords(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for v, want := range map[any]string{"log": "info", "critical": "fatal", 30.0: "warning", "WARNING": "", 31.0: ""} {
		got, ok := lenient.Level(v)
		g.Expect(got).To(Equal(want), "%v", v)
		g.Expect(ok).To(Equal(want != ""), "%v", v)
	}
	for v, want := range map[any]string{true: "True", 1.9: "1", -0.5: "0", json.Number("12345678901234567890"): "12345678901234567890", "x": "x"} {
		got, ok := lenient.Text(v)
		g.Expect(ok).To(BeTrue())
		g.Expect(got).To(Equal(want), "%v", v)
	}
	for _, v := range []any{[]any{}, nil, 1e30, json.Number("1e30")} {
		_, ok := lenient.Text(v)
		g.Expect(ok).To(BeFalse(), "%v", v)
	}
}

func TestInterpolate(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	params, named := []any{"a", 2.0}, map[string]any{"who": "b"}
	for template, want := range map[string]string{
		"%s is %d, 100%% {}": "a is 2, 100% {}", "%s %s %s": "%s %s %s", "{1} {0}": "2 a", "{} {} {}": "{} {} {}", "%v": "%v", "%r": `"a"`,
	} {
		g.Expect(lenient.Interpolate(template, params, nil)).To(Equal(want), template)
	}
	for template, want := range map[string]string{
		"{who} and {who}": "b and b", "{who} and %(who)s": "{who} and b", "{who}, not {whom}": "{who}, not {whom}",
	} {
		g.Expect(lenient.Interpolate(template, nil, named)).To(Equal(want), template)
	}
	g.Expect(lenient.Interpolate("%x %#x %X %o %e", []any{255.0, 255.0, 255.0, 8.0, 1.5}, nil)).To(Equal("ff 0xff FF 10 1.5e0"))
	g.Expect(lenient.Interpolate("100%%", nil, nil)).To(Equal("100%%"), "without parameters it is no template")
}
