package jsontext

import (
	"encoding/json"
	"strings"
)

// What may come next in JSON.
const (
	aValue = iota
	aValueOrEnd
	aKey
	aKeyOrEnd
	aColon
	aComma
)

// IsJSON reports whether s is a sequence of JSON objects and lists. The last
// may be cut off.
func IsJSON(s string) bool {
	open := make([]byte, 0, 64) // brackets
	next := aValue
	for i := SkipBlanks(s, 0); i < len(s); i = SkipBlanks(s, i) {
		b := s[i]
		switch {
		case b == '"' && (next == aKey || next == aKeyOrEnd):
			i, next = StringEnd(s, i), aColon
		case b == '"' && next <= aValueOrEnd && len(open) > 0:
			i, next = StringEnd(s, i), aComma
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

// isLiteral reports whether a word is a number, a bool or null; if cut, also
// the beginning of one.
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

// SkipBlanks returns the index of the first byte from i on that is not a blank.
func SkipBlanks(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r') {
		i++
	}
	return i
}

// StringEnd returns the end of the string that begins at i.
func StringEnd(s string, i int) int {
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

// Unquoted returns the text of a string, which may be cut off.
func Unquoted(s string) string {
	if strings.IndexByte(s, '\\') >= 0 {
		var text string
		if json.Unmarshal([]byte(s), &text) == nil {
			return text
		}
	}
	return strings.TrimSuffix(s[1:], `"`)
}

// ValueEnd returns the end of the value that begins at i.
func ValueEnd(s string, i int) int {
	depth := 0
	for i < len(s) {
		switch s[i] {
		case '"':
			if i = StringEnd(s, i); depth == 0 {
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

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// isWord reports whether b is a letter, a digit or an underscore.
func isWord(b byte) bool {
	return b == '_' || isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'z'
}
