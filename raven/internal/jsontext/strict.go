package jsontext

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
)

// maxRawDepth is how deep the JSON that a value made of itself may be nested.
// Servers in Rust give up at 128 levels (serde_json's default), and the values
// around one take at most 32 of them, the event itself eight.
const maxRawDepth = 64

// longestPlain is how many characters every number without an exponent may have
// that a float64 can hold.
const longestPlain = 300

// Strict returns valid JSON such that parsers take it which are stricter than
// encoding/json: half of a surrogate pair becomes U+FFFD, a number that is out
// of range becomes "+Inf" or "-Inf", and what lies too deep a text. A server
// would drop the whole event for any of them.
func Strict(s string) string {
	e, depth := Edit{Text: s}, 0
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '"':
			end := StringEnd(s, i)
			if strings.Contains(s[i:end], `\u`) {
				for at, size := loneSurrogate(s[:end], i); size > 0; at, size = loneSurrogate(s[:end], at+size) {
					e.Replace(at, at+size, `\ufffd`)
				}
			}
			i = end
		case c == '{' || c == '[':
			if depth++; depth <= maxRawDepth {
				i++
				continue
			}
			depth--
			end := ValueEnd(s, i)
			e.Replace(i, end, string(AppendString(nil, s[i:end])))
			i = end
		case c == '}' || c == ']':
			depth--
			i++
		case c == '-' || c >= '0' && c <= '9':
			end := i + 1
			for end < len(s) && strings.IndexByte("0123456789+-.eE", s[end]) >= 0 {
				end++
			}
			if n := number(s[i:end]); math.IsInf(n, 0) {
				e.Replace(i, end, string(AppendFloat(nil, n, 64)))
			}
			i = end
		default:
			i++
		}
	}
	return e.String()
}

// number is what a number says, an infinity where it is out of range, and 0
// where it is plainly within it.
func number(s string) float64 {
	if len(s) <= longestPlain && !strings.ContainsAny(s, "eE") {
		return 0
	}
	n, _ := strconv.ParseFloat(s, 64) // a number that is out of range is an infinity
	return n
}

// loneSurrogate returns where the next escape of half of a pair is whose other
// half is missing, and its length, which is 0 if there is none.
func loneSurrogate(s string, i int) (at, size int) {
	const length = len(`\uffff`)
	for ; i < len(s); i++ {
		if s[i] != '\\' {
			continue
		}
		r := codeUnit(s[i:])
		switch {
		case r < 0:
			i++ // the character that is escaped
		case !utf16.IsSurrogate(r):
			i += length - 1
		case utf16.DecodeRune(r, codeUnit(s[i+length:])) == '\ufffd':
			return i, length
		default:
			i += 2*length - 1
		}
	}
	return 0, 0
}

// codeUnit is that of the \uffff that a text begins with, -1 if it
// begins with none.
func codeUnit(s string) rune {
	if len(s) < len(`\uffff`) || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}
