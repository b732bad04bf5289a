package jsontree

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/onsi/gomega"
)

func isValid(raw []byte) bool {
	end := valid(raw, SkipSpace(raw, 0), 0)
	return end >= 0 && SkipSpace(raw, end) == len(raw)
}

var validities = []string{
	`{}`, ` { "a" : [ 1 , -2.5e+3 , 0 ] , "b" : { "c" : null } } `, `[true,false,null]`, `"text"`, `0`, `-0`, `1E5`, `0.0`, ``, ` `, `{`, `[`, `"`,
	`{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1 "b":2}`, `{a:1}`, `{,}`, `[1,]`, `[,1]`, `[1 2]`, `]`, `}`, `{]`, `[}`, `{"a":1]`,
	`01`, `-`, `+1`, `.5`, `1.`, `1.e1`, `1e`, `1e+`, `--1`, `1x`, `NaN`, `Infinity`, `nul`, `nulll`, `tru`, `True`, `t`,
	`"\"\\\/\b\f\n\r\t"`, `"\u00e4\uD83D"`, `"\u00g0"`, `"\u00"`, `"\x"`, `"\`, `"12345678\`, "\"a\tb\"", "\"1234567\x00\"", "\"12345678\x1f\"", "\"\x7f\x80\xff\"",
	`"` + strings.Repeat("abcdefgh", 5) + `"`, `"` + strings.Repeat("ä", 9) + `"`, `"1234567"`, `"123456"`, `"` + strings.Repeat("!", 20) + `\n"`,
	"\"\xa2\xdc\xa0\x9f !!!!!!!\"", "{} x", "{}\x00", "{}\v", "\ufeff{}", `/**/{}`,
	strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth), strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1),
	strings.Repeat(`{"a":`, maxDepth) + "1" + strings.Repeat("}", maxDepth), strings.Repeat(`{"a":`, maxDepth+1) + "1" + strings.Repeat("}", maxDepth+1),
}

func TestValid(t *testing.T) {
	t.Parallel()
	g := gomega.NewWithT(t)
	for _, text := range validities {
		g.Expect(isValid([]byte(text))).To(gomega.Equal(json.Valid([]byte(text))), "%.80s", text)
	}
	// Each place in a word of eight bytes, and each byte.
	for c := range 256 {
		for at := range 18 {
			text := append(bytes.Repeat([]byte("x"), 18), '"')
			text[at] = byte(c)
			text = append([]byte{'"'}, text...)
			g.Expect(isValid(text)).To(gomega.Equal(json.Valid(text)), "%q", text)
		}
	}
}

func FuzzValid(f *testing.F) {
	for _, text := range validities {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if isValid(raw) != json.Valid(raw) {
			t.Fatalf("%q: %v, encoding/json %v", raw, isValid(raw), json.Valid(raw))
		}
	})
}
