package raven

import (
	"strconv"
	"time"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// plain marks the bytes that stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for b := ' '; b < utf8.RuneSelf; b++ {
		t[b] = b != '"' && b != '\\' && b != 0x7f
	}
	return t
}()

// appendString appends s as a JSON string. What is not UTF-8 becomes U+FFFD:
// servers refuse events with broken text in them.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		b := s[i]
		if plain[b] {
			i++
			continue
		}
		if b >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
			dst = append(append(dst, s[start:i]...), "\ufffd"...)
			i++
			start = i
			continue
		}
		dst = append(dst, s[start:i]...)
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// appendStringField appends a key, given with its comma, and s; nothing if s
// is empty.
func appendStringField(dst []byte, key, s string) []byte {
	if s == "" {
		return dst
	}
	return appendString(append(dst, key...), s)
}

// firstRunes returns the first n characters of s.
func firstRunes(s string, n int) string {
	if n <= 0 || len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// appendTime appends t as RFC 3339 in UTC, with microseconds unless whole
// seconds are asked for, as a JSON string. [time.Time.AppendFormat] needs
// several times as long, and an envelope has two.
func appendTime(dst []byte, t time.Time, wholeSeconds bool) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return appendTime(dst, time.Unix(0, 0), wholeSeconds)
	}
	hour, minute, second := t.Clock()
	dst = append(dst, '"')
	dst = appendPair(appendPair(dst, year/100), year%100)
	dst = appendPair(append(dst, '-'), int(month))
	dst = appendPair(append(dst, '-'), day)
	dst = appendPair(append(dst, 'T'), hour)
	dst = appendPair(append(dst, ':'), minute)
	dst = appendPair(append(dst, ':'), second)
	if !wholeSeconds {
		micro := t.Nanosecond() / 1000
		dst = appendPair(append(dst, '.'), micro/10000)
		dst = appendPair(appendPair(dst, micro/100%100), micro%100)
	}
	return append(dst, 'Z', '"')
}

// appendPair appends a number below a hundred as two digits.
func appendPair(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

// appendSeconds appends t as Unix seconds with microseconds, as the reference
// writes the times of breadcrumbs and of the auth header.
func appendSeconds(dst []byte, t time.Time) []byte {
	return strconv.AppendFloat(dst, float64(t.UnixMicro())/1e6, 'f', -1, 64)
}
