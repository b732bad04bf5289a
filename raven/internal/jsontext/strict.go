package jsontext

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
)

// maxRawDepth limits the nesting of a value's own JSON. Servers in Rust accept
// 128 levels (serde_json's default); the values around one take at most 32 and
// the event eight.
const maxRawDepth = 64

// longestPlain is the length up to which every number without an exponent fits
// a float64.
const longestPlain = 300

// Strict turns valid JSON into JSON that parsers stricter than encoding/json
// accept: half of a surrogate pair becomes U+FFFD, a number out of range "+Inf"
// or "-Inf", and a value that lies too deep a text. A server would drop the
// whole event otherwise.
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

// number returns a number, an infinity if it is out of range, and 0 if it is
// clearly within it.
func number(s string) float64 {
	if len(s) <= longestPlain && !strings.ContainsAny(s, "eE") {
		return 0
	}
	n, _ := strconv.ParseFloat(s, 64) // a number that is out of range is an infinity
	return n
}

// loneSurrogate finds the next escape of half a surrogate pair without the
// other half. size is 0 if there is none.
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

// codeUnit returns the code unit of the \uffff at the beginning of s, -1 if
// there is none.
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
