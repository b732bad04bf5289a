package jsontext_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
)

func Example() {
	dst := []byte{'{'}
	dst = jsontext.AppendField(dst, `"name":`, "a\n\"b\"\xff")
	dst = jsontext.AppendField(dst, `"empty":`, "")
	dst = append(jsontext.AppendTime(append(dst, `"at":`...), time.Unix(1.5e9, 0), true), ',')
	fmt.Println(string(jsontext.Close(dst, '}')))
	// Output: {"name":"a\n\"b\"�","at":"2017-07-14T02:40:00Z"}
}

func TestStringsAreWhatEncodingJSONReads(t *testing.T) {
	for _, s := range []string{"", "plain", "\x00\x1f\x7f\"\\/", "é\u2028😀", "a\xff\xe9(", strings.Repeat("\t", 100)} {
		var back string
		g := NewWithT(t)
		g.Expect(json.Unmarshal(jsontext.AppendString(nil, s), &back)).To(Succeed())
		g.Expect(back).To(Equal(string([]rune(s))), "%q", s)
	}
}

func TestNumbers(t *testing.T) {
	for want, f := range map[string]float64{
		"0": 0, "-1.5": -1.5, "1e-07": 1e-7, "1e+21": 1e21, "100000000000000000000": 1e20,
		`"NaN"`: math.NaN(), `"+Inf"`: math.Inf(1), `"-Inf"`: math.Inf(-1),
	} {
		NewWithT(t).Expect(string(jsontext.AppendFloat(nil, f, 64))).To(Equal(want))
	}
}

func TestTimes(t *testing.T) {
	g := NewWithT(t)
	at := time.Date(2026, 2, 3, 4, 5, 6, 7008, time.FixedZone("", 3600))
	g.Expect(string(jsontext.AppendTime(nil, at, false))).To(Equal(`"2026-02-03T03:05:06.000007Z"`))
	g.Expect(string(jsontext.AppendSeconds(nil, at))).To(Equal("1770087906.000007"))
	g.Expect(string(jsontext.AppendTime(nil, at.AddDate(9000, 0, 0), true))).To(Equal(`"1970-01-01T00:00:00Z"`), "RFC 3339 has no such year")
}

func TestFirstRunes(t *testing.T) {
	for n, want := range map[int]string{0: "éüx", 1: "é", 2: "éü", 3: "éüx", 9: "éüx"} {
		NewWithT(t).Expect(jsontext.FirstRunes("éüx", n)).To(Equal(want))
	}
}

func TestIsJSON(t *testing.T) {
	for s, want := range map[string]bool{
		`{"a":[1,true,{"b":"c"}]}`: true,
		`{"a":1} [2]`:              true,
		`{"a":"cut o`:              true,
		`[tru`:                     true,
		`[tru,1]`:                  false,
		`{a:1}`:                    false,
		`[1 2]`:                    false,
		`[}`:                       false,
	} {
		NewWithT(t).Expect(jsontext.IsJSON(s)).To(Equal(want), s)
	}
}

func TestScan(t *testing.T) {
	g := NewWithT(t)
	s := `{"a\"b" : {"c":[1,"]"]} , "d":2}`
	end := jsontext.StringEnd(s, 1)
	g.Expect(s[1:end]).To(Equal(`"a\"b"`))
	g.Expect(jsontext.Unquoted(s[1:end])).To(Equal(`a"b`))
	from := jsontext.SkipBlanks(s, jsontext.SkipBlanks(s, end)+1)
	g.Expect(s[from:jsontext.ValueEnd(s, from)]).To(Equal(`{"c":[1,"]"]}`))
	g.Expect(jsontext.Unquoted(`"cut`)).To(Equal("cut"))
}

func TestStrict(t *testing.T) {
	deep := strings.Repeat("[", 65) + strings.Repeat("]", 65)
	for in, want := range map[string]string{
		`{"a":"\ud83d\ude00"}`: `{"a":"\ud83d\ude00"}`,
		`{"a":"\ud83d x"}`:     `{"a":"\ufffd x"}`,
		`[1e400,-1e400,1]`:     `["+Inf","-Inf",1]`,
		deep:                   strings.Repeat("[", 64) + `"[]"` + strings.Repeat("]", 64),
	} {
		NewWithT(t).Expect(jsontext.Strict(in)).To(Equal(want))
	}
}

func TestEdit(t *testing.T) {
	g := NewWithT(t)
	e := jsontext.Edit{Text: "a secret, b secret"}
	g.Expect(e.String()).To(Equal("a secret, b secret"))
	e.Replace(2, 8, "***")
	g.Expect(e.Done()).To(Equal(8))
	e.Replace(12, 18, "")
	g.Expect(e.String()).To(Equal("a ***, b "))
}
