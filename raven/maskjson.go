package raven

import (
	"encoding/json"
	"strings"
)

// looksLikeJSON reports whether a text begins as an object, or as a list that
// may hold one. Whether it is whole does not count: bodies are cut off.
func looksLikeJSON(s string) bool {
	if first := skipBlanks(s, 0); first < len(s) && (s[first] == '{' || s[first] == '[') {
		next := skipBlanks(s, first+1)
		return next < len(s) && (s[next] == '"' || s[next] == '{' || s[next] == '[')
	}
	return false
}

// json masks what stands under secret keys in a text of JSON, and treats the
// other strings as any value. What was JSON still is.
func (m *masker) json(s string) string {
	if m == nil {
		return s
	}
	var out []byte
	done := 0
	for i := 0; i < len(s); {
		if s[i] != '"' {
			i++
			continue
		}
		end := stringEnd(s, i)
		text := unquoted(s[i:end])
		next := skipBlanks(s, end)
		if next < len(s) && s[next] == ':' {
			i = skipBlanks(s, next+1)
			if !m.secret(text) {
				continue
			}
			if end = valueEnd(s, i); s[i:end] != "null" {
				out = append(append(out, s[done:i]...), `"`+masked+`"`...)
				done = end
			}
		} else if hidden := m.value(text); hidden != text {
			out = appendString(append(out, s[done:i]...), hidden)
			done = end
		}
		i = end
	}
	if out == nil {
		return s
	}
	return string(append(out, s[done:]...))
}

func skipBlanks(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r') {
		i++
	}
	return i
}

// stringEnd returns where the string that begins at i is over.
func stringEnd(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// unquoted is what a string says, or all there is of it if it is cut off.
func unquoted(s string) string {
	if strings.IndexByte(s, '\\') >= 0 {
		var text string
		if json.Unmarshal([]byte(s), &text) == nil {
			return text
		}
	}
	return strings.TrimSuffix(s[1:], `"`)
}

// valueEnd returns where the value that begins at i is over.
func valueEnd(s string, i int) int {
	depth := 0
	for i < len(s) {
		switch s[i] {
		case '"':
			if i = stringEnd(s, i); depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}
