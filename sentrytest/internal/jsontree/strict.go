package jsontree

import (
	"errors"
	"strconv"
	"unicode/utf8"
)

// relayDepth is how deeply Relay reads JSON.
const relayDepth = 127

// Strict says why Relay can't read JSON that encoding/json reads: half of a
// surrogate pair, a number beyond float64, more than 127 levels, or bytes that
// are not UTF-8. It returns nil for JSON that both read.
func Strict(raw []byte) error {
	depth := 0
	for at := 0; at < len(raw); {
		switch c := raw[at]; {
		case c == '"':
			end := skipString(raw, at)
			if err := strictText(raw[at:end]); err != nil {
				return err
			}
			at = end
		case c == '{' || c == '[':
			if depth++; depth > relayDepth {
				return errors.New("recursion limit exceeded")
			}
			at++
		case c == '}' || c == ']':
			depth--
			at++
		case c == '-' || c >= '0' && c <= '9':
			end := at + 1
			for end < len(raw) && isNumber(raw[end]) {
				end++
			}
			if _, err := strconv.ParseFloat(string(raw[at:end]), 64); err != nil {
				return errors.New("number out of range")
			}
			at = end
		default:
			at++
		}
	}
	return nil
}

func isNumber(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

// strictText looks at a JSON string with its quotes.
func strictText(quoted []byte) error {
	if !utf8.Valid(quoted) {
		return errors.New("invalid unicode code point")
	}
	for at := 0; at+1 < len(quoted); at++ {
		if quoted[at] != '\\' {
			continue
		}
		at++
		if quoted[at] != 'u' {
			continue
		}
		unit, ok := escape(quoted, at-1)
		at += 4
		switch {
		case !ok || unit < 0xd800 || unit > 0xdfff:
		case unit < 0xdc00:
			low, ok := escape(quoted, at+1)
			if !ok || low < 0xdc00 || low > 0xdfff {
				return errors.New("unexpected end of hex escape")
			}
			at += 6
		default:
			return errors.New("lone leading surrogate in hex escape")
		}
	}
	return nil
}

// escape reads \uXXXX at a place.
func escape(text []byte, at int) (unit uint64, ok bool) {
	if at+6 > len(text) || text[at] != '\\' || text[at+1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[at+2:at+6]), 16, 32)
	return unit, err == nil
}
