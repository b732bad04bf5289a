package mask

import (
	"encoding/json"
	"strings"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
)

// document masks a text that is JSON: objects or lists, whole or cut off, or a
// string. A byte order mark and blanks may come first.
func (m *Mask) document(s string) (string, bool) {
	const mark = "\ufeff"
	if s == "" || isWord(s[0]) {
		return s, false
	}
	first := jsontext.SkipBlanks(s, 0)
	if strings.HasPrefix(s[first:], mark) {
		first = jsontext.SkipBlanks(s, first+len(mark))
	}
	if first == len(s) {
		return s, false
	}
	switch s[first] {
	case '{', '[':
		if jsontext.IsJSON(s[first:]) {
			return s[:first] + m.JSON(s[first:]), true
		}
	case '"':
		end := jsontext.StringEnd(s, first)
		var text string
		if jsontext.SkipBlanks(s, end) < len(s) || json.Unmarshal([]byte(s[first:end]), &text) != nil {
			break
		}
		if hidden := m.Value(text); hidden != text {
			return s[:first] + string(jsontext.AppendString(nil, hidden)) + s[end:], true
		}
		return s, true
	}
	return s, false
}

// JSON masks the values of secret keys in JSON, and treats other strings as
// Value does. The result is JSON too.
func (m *Mask) JSON(s string) string {
	if m == nil {
		return s
	}
	e := jsontext.Edit{Text: s}
	for i := 0; i < len(s); {
		if s[i] != '"' {
			i++
			continue
		}
		end := jsontext.StringEnd(s, i)
		text := jsontext.Unquoted(s[i:end])
		next := jsontext.SkipBlanks(s, end)
		if next == len(s) || s[next] != ':' {
			if hidden := m.Value(text); hidden != text {
				e.Replace(i, end, string(jsontext.AppendString(nil, hidden)))
			}
			i = end
			continue
		}
		i = jsontext.SkipBlanks(s, next+1)
		switch {
		case m.Secret(text):
			if end = jsontext.ValueEnd(s, i); s[i:end] != "null" {
				e.Replace(i, end, `"`+Hidden+`"`)
			}
			i = end
		case !m.cookie && NamesCookies(text):
			end = jsontext.ValueEnd(s, i)
			if hidden := m.jar.JSON(s[i:end]); hidden != s[i:end] {
				e.Replace(i, end, hidden)
			}
			i = end
		}
	}
	return e.String()
}
