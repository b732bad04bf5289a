package raven

import (
	"encoding/json"
	"strings"
)

// document returns a text without what is secret in it if it is JSON: objects or
// lists, whole or cut off, or a string of whatever kind. A byte order mark and
// blanks may stand before it.
func (m *masker) document(s string) (string, bool) {
	const mark = "\ufeff"
	if s == "" || isWord(s[0]) {
		return s, false
	}
	first := skipBlanks(s, 0)
	if strings.HasPrefix(s[first:], mark) {
		first = skipBlanks(s, first+len(mark))
	}
	if first == len(s) {
		return s, false
	}
	switch s[first] {
	case '{', '[':
		if isJSON(s[first:]) {
			return s[:first] + m.json(s[first:]), true
		}
	case '"':
		end := stringEnd(s, first)
		var text string
		if skipBlanks(s, end) < len(s) || json.Unmarshal([]byte(s[first:end]), &text) != nil {
			break
		}
		if hidden := m.value(text); hidden != text {
			return s[:first] + string(appendString(nil, hidden)) + s[end:], true
		}
		return s, true
	}
	return s, false
}

// json masks what stands under secret keys in a text of JSON, and treats the
// other strings as any value. What was JSON still is.
func (m *masker) json(s string) string {
	if m == nil {
		return s
	}
	var out []byte
	done := 0
	replace := func(from, to int, by string) {
		out = append(append(out, s[done:from]...), by...)
		done = to
	}
	for i := 0; i < len(s); {
		if s[i] != '"' {
			i++
			continue
		}
		end := stringEnd(s, i)
		text := unquoted(s[i:end])
		next := skipBlanks(s, end)
		if next == len(s) || s[next] != ':' {
			if hidden := m.value(text); hidden != text {
				replace(i, end, string(appendString(nil, hidden)))
			}
			i = end
			continue
		}
		i = skipBlanks(s, next+1)
		switch {
		case m.secret(text):
			if end = valueEnd(s, i); s[i:end] != "null" {
				replace(i, end, `"`+masked+`"`)
			}
			i = end
		case !m.cookie && namesCookies(text):
			end = valueEnd(s, i)
			if hidden := m.jar.json(s[i:end]); hidden != s[i:end] {
				replace(i, end, hidden)
			}
			i = end
		}
	}
	if out == nil {
		return s
	}
	return string(append(out, s[done:]...))
}

// What JSON may go on with.
const (
	aValue = iota
	aValueOrEnd
	aKey
	aKeyOrEnd
	aColon
	aComma
)

// isJSON reports whether a text is JSON objects and lists, one after the other,
// the last of which may be cut off. It begins with one.
func isJSON(s string) bool {
	open := make([]byte, 0, 64) // brackets
	next := aValue
	for i := skipBlanks(s, 0); i < len(s); i = skipBlanks(s, i) {
		b := s[i]
		switch {
		case b == '"' && (next == aKey || next == aKeyOrEnd):
			i, next = stringEnd(s, i), aColon
		case b == '"' && next <= aValueOrEnd && len(open) > 0:
			i, next = stringEnd(s, i), aComma
		case b == ':' && next == aColon:
			i, next = i+1, aValue
		case b == ',' && next == aComma && len(open) > 0:
			i, next = i+1, aValue
			if open[len(open)-1] == '{' {
				next = aKey
			}
		case b == '{' && next <= aValueOrEnd:
			open = append(open, b)
			i, next = i+1, aKeyOrEnd
		case b == '[' && next <= aValueOrEnd:
			open = append(open, b)
			i, next = i+1, aValueOrEnd
		case len(open) > 0 && (b == '}' && open[len(open)-1] == '{' && (next == aKeyOrEnd || next == aComma) ||
			b == ']' && open[len(open)-1] == '[' && (next == aValueOrEnd || next == aComma)):
			open = open[:len(open)-1]
			if i, next = i+1, aComma; len(open) == 0 {
				next = aValue
			}
		case next <= aValueOrEnd && len(open) > 0:
			end := i
			for end < len(s) && (isWord(s[end]) || s[end] == '+' || s[end] == '-' || s[end] == '.') {
				end++
			}
			if !isLiteral(s[i:end], end == len(s)) {
				return false
			}
			i, next = end, aComma
		default:
			return false
		}
	}
	return true
}

// isLiteral reports whether a word is a number, a bool or null, or the beginning
// of one if it is cut off.
func isLiteral(word string, cut bool) bool {
	if word == "" {
		return false
	}
	if word[0] == '-' || isDigit(word[0]) {
		return strings.Trim(word, "0123456789+-.eE") == ""
	}
	return word == "true" || word == "false" || word == "null" ||
		cut && (strings.HasPrefix("true", word) || strings.HasPrefix("false", word) || strings.HasPrefix("null", word))
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
