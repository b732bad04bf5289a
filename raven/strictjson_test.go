package raven_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

// strictly finds JSON that encoding/json accepts and servers in Rust refuse:
// nesting of 128 levels, half of a surrogate pair, a number that no float64 can
// hold.
func strictly(raw []byte) error {
	if !json.Valid(raw) {
		return errors.New("no JSON")
	}
	depth := 0
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			for i++; raw[i] != '"'; i++ {
				if raw[i] != '\\' {
					continue
				}
				if raw[i+1] != 'u' {
					i++
					continue
				}
				first := unit(raw[i:])
				if i += 5; utf16.IsSurrogate(first) {
					if utf16.DecodeRune(first, unit(raw[i+1:])) == '\ufffd' {
						return errors.New("half of a surrogate pair")
					}
					i += 6
				}
			}
		case c == '{' || c == '[':
			if depth++; depth > 127 {
				return errors.New("too deep")
			}
		case c == '}' || c == ']':
			depth--
		case c == '-' || c >= '0' && c <= '9':
			end := i
			for end < len(raw) && strings.IndexByte("0123456789+-.eE", raw[end]) >= 0 {
				end++
			}
			if _, err := strconv.ParseFloat(string(raw[i:end]), 64); err != nil {
				return err
			}
			i = end - 1
		}
	}
	return nil
}

func unit(raw []byte) rune {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(raw[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}

// marshals is a value whose MarshalJSON returns the value's text.
type marshals string

func (m marshals) MarshalJSON() ([]byte, error) { return []byte(m), nil }

func TestStrictJSON(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + "1" + strings.Repeat("]", n) }
	for _, tt := range []struct{ name, in, want string }{
		{"first half of a pair", `{"text":"cut \ud83d"}`, `{"text":"cut \ufffd"}`},
		{"second half", `"\ude00 x"`, `"\ufffd x"`},
		{"halves in the wrong order", `"\ude00\ud83d"`, `"\ufffd\ufffd"`},
		{"two first halves", `"\ud83d\ud83d\ude00"`, `"\ufffd\ud83d\ude00"`},
		{"half in front of another escape", `"\ud83d\n\u00e9"`, `"\ufffd\n\u00e9"`},
		{"half in a key", `{"\uD800":1}`, `{"\ufffd":1}`},
		{"a pair", `"\ud83d\ude00"`, `"\ud83d\ude00"`},
		{"no escape", `"\\ud83d \\\\ud83d"`, `"\\ud83d \\\\ud83d"`},
		{"an escape behind a backslash", `"\\\ud83d"`, `"\\\ufffd"`},
		{"out of range", `{"n":1e999,"m":[-1E+400,2]}`, `{"n":"+Inf","m":["-Inf",2]}`},
		{"many digits", `1` + strings.Repeat("0", 309), `"+Inf"`},
		{"numbers", `[1e308,1e-999,-0,0.5,123456789012345678901234567890]`, `[1e308,1e-999,-0,0.5,123456789012345678901234567890]`},
		{"deep", deep(64), deep(64)},
		{"too deep", deep(65), strings.Repeat("[", 64) + `"[1]"` + strings.Repeat("]", 64)},
		{"objects too deep", strings.Repeat(`{"a":[`, 33) + `"\"]}"` + strings.Repeat("]}", 33), strings.Repeat(`{"a":[`, 32) + `"{\"a\":[\"\\\"]}\"]}"` + strings.Repeat("]}", 32)},
		{"brackets in a text", `"` + strings.Repeat("[", 200) + `"`, `"` + strings.Repeat("[", 200) + `"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			c, rec := newRecorded(t, testDSN)
			for _, v := range []any{json.RawMessage(tt.in), marshals(tt.in), []any{json.RawMessage(tt.in)}} {
				c.CaptureMessage(t.Context(), "x", raven.Extra{"v": v})
			}
			for i, want := range []string{tt.want, tt.want, "[" + tt.want + "]"} {
				g.Expect(string(eventJSON(t, rec.all()[i]))).To(ContainSubstring(`"extra":{"v":` + want + `}`))
			}
		})
	}
	t.Run("a number that is a text", func(t *testing.T) {
		NewWithT(t).Expect(capturedExtra(t, json.Number("1e999"))).To(Equal("+Inf"))
	})
}

// A strict parser accepts events with any value in any place and depth.
func TestEventsAreStrictJSON(t *testing.T) {
	for _, raw := range []string{`"\ud83d"`, `1e999`, strings.Repeat("[", 5000) + strings.Repeat("]", 5000)} {
		nested := any(marshals(raw))
		for range 40 {
			nested = map[string]any{"a": nested, "raw": json.RawMessage(raw)}
		}
		bag := map[string]any{"raw": json.RawMessage(raw), "own": marshals(raw), "nested": nested, raw: 1}
		frames := []raven.Frame{{Function: "f", Vars: bag}}
		for _, dsn := range []string{testDSN, storeDSN} {
			g := NewWithT(t)
			c, rec := newRecorded(t, dsn)
			c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: "x", Data: bag})
			c.Capture(t.Context(), &raven.Event{
				Message: "%v", Params: raven.Params{nested}, Extra: bag, Tags: raven.Tags{"raw": raw},
				Contexts: bag, Interfaces: map[string]any{"my.Thing": nested, "raw": json.RawMessage(raw)},
				Exceptions: []raven.Exception{{Type: "E", Value: raw, Stacktrace: &raven.Stacktrace{Frames: frames}, Mechanism: &raven.Mechanism{Data: bag}}},
				User:       &raven.User{ID: "1", Data: bag}, Request: &raven.Request{Data: nested},
			})
			g.Expect(strictly(eventJSON(t, rec.all()[0]))).To(Succeed())
		}
	}
}
