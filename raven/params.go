package raven

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/ravenkit/ravenkit/internal/guard"
)

// formatted is the text of a template. What fmt would not come to an end with,
// such as a map that holds itself, is written by the encoder, which is bounded;
// so is every value whose methods panic while fmt says that they do, and one
// with a secret in it.
func (e *encoder) formatted(template string, params Params) (text string) {
	params = e.shown(params, func(v any) bool { return !guard.Printable(v, template) || e.holds(v) })
	if guard.Do(func() { text = fmt.Sprintf(template, params...) }) == nil {
		return text
	}
	params = e.shown(params, func(v any) bool {
		_, plain := v.(string)
		return !plain
	})
	return fmt.Sprintf(template, params...)
}

// holds reports whether a value has a secret in it: whether the encoder writes
// it otherwise because of the mask. Texts are masked before.
func (e *encoder) holds(v any) bool {
	if e.mask() == nil || flat(v) {
		return false
	}
	open := new(encoder)
	return !bytes.Equal(e.appendValue(nil, v, loose, 1), open.appendValue(nil, v, loose, 1))
}

// flat reports whether a value is a text, a number or a bool without methods.
func flat(v any) bool {
	switch v.(type) {
	case nil, string, bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
		return true
	}
	return false
}

// shown returns params with the encoder's text in place of some of them.
func (e *encoder) shown(params Params, hard func(any) bool) Params {
	copied := false
	for i, p := range params {
		if !hard(p) {
			continue
		}
		if !copied {
			params, copied = slices.Clone(params), true
		}
		text := e.appendValue(nil, p, e.tight(), 1)
		var s string
		if json.Unmarshal(text, &s) != nil {
			s = string(text) // no string
		}
		params[i] = shownText(s)
	}
	return params
}

// shownText is the same for every verb.
type shownText string

func (s shownText) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, string(s)) }
