package jsonvalue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/ravenkit/ravenkit/internal/guard"
)

// Formatted formats a template. The encoder writes the values with which fmt
// would not end, such as a map that holds itself, those whose methods panic,
// and those with secrets.
func (e *Encoder) Formatted(template string, params []any, lim Limits) (text string) {
	params = e.shown(params, lim, func(v any) bool { return !guard.Printable(v, template) || e.holds(v) })
	if guard.Do(func() { text = fmt.Sprintf(template, params...) }) == nil {
		return text
	}
	params = e.shown(params, lim, func(v any) bool {
		_, plain := v.(string)
		return !plain
	})
	return fmt.Sprintf(template, params...)
}

// holds reports whether a value contains a secret: whether the mask changes its
// encoding. Texts are masked before.
func (e *Encoder) holds(v any) bool {
	if e.Mask() == nil || flat(v) {
		return false
	}
	open := new(Encoder)
	return !bytes.Equal(e.AppendValue(nil, v, Loose, 1), open.AppendValue(nil, v, Loose, 1))
}

// flat reports whether a value is a text, a number or a bool without methods.
func flat(v any) bool {
	switch v.(type) {
	case nil, string, bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
		return true
	}
	return false
}

// shown returns params with the encoder's text in place of the hard ones.
func (e *Encoder) shown(params []any, lim Limits, hard func(any) bool) []any {
	copied := false
	for i, p := range params {
		if !hard(p) {
			continue
		}
		if !copied {
			params, copied = slices.Clone(params), true
		}
		text := e.AppendValue(nil, p, lim, 1)
		var s string
		if json.Unmarshal(text, &s) != nil {
			s = string(text) // not a string
		}
		params[i] = shownText(s)
	}
	return params
}

// shownText is printed the same for every verb.
type shownText string

func (s shownText) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, string(s)) }

// Text returns a value for people: a text as it is, other values as encoded.
func (e *Encoder) Text(v any, lim Limits) string {
	switch v := v.(type) {
	case string:
		return v
	case fmt.Stringer:
		if !hides(e.Mask(), reflect.TypeOf(v)) {
			return guard.Text(v, "String", v.String)
		}
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.String {
		return r.String()
	}
	return string(e.AppendValue(nil, v, lim, 0))
}
