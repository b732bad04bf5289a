// Package jsontext writes and scans JSON as bytes. Strings, numbers and times
// have forms that strict servers accept.
//
// It must not know Go values, secrets or events.
package jsontext

import (
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// plain marks the bytes that a JSON string contains unchanged.
var plain = func() (t [256]bool) {
	for b := ' '; b < utf8.RuneSelf; b++ {
		t[b] = b != '"' && b != '\\' && b != 0x7f
	}
	return t
}()

// AppendString appends s as a JSON string. Bytes that are not UTF-8 become
// U+FFFD, because servers refuse events with invalid text.
func AppendString(dst []byte, s string) []byte {
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

// AppendStringField appends key, which has its comma, and s; nothing if s is
// empty.
func AppendStringField(dst []byte, key, s string) []byte {
	if s == "" {
		return dst
	}
	return AppendString(append(dst, key...), s)
}

// FirstRunes returns the first n characters of s.
func FirstRunes(s string, n int) string {
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

// AppendTime appends t as a JSON string, in RFC 3339 and UTC, with microseconds
// unless wholeSeconds is true. [time.Time.AppendFormat] takes several times as
// long, and an envelope has two times.
func AppendTime(dst []byte, t time.Time, wholeSeconds bool) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return AppendTime(dst, time.Unix(0, 0), wholeSeconds)
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

// appendPair appends two digits.
func appendPair(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

// AppendSeconds appends t as Unix seconds with microseconds, the form of times
// in breadcrumbs and in the auth header of Raven for Python.
func AppendSeconds(dst []byte, t time.Time) []byte {
	return strconv.AppendFloat(dst, float64(t.UnixMicro())/1e6, 'f', -1, 64)
}

// AppendField appends a key, a text and a comma; nothing if the text is empty.
func AppendField(dst []byte, key, s string) []byte {
	if s == "" {
		return dst
	}
	return append(AppendString(append(dst, key...), s), ',')
}

// Close appends the end of an object or list, in place of a comma.
func Close(dst []byte, end byte) []byte {
	if dst[len(dst)-1] == ',' {
		dst[len(dst)-1] = end
		return dst
	}
	return append(dst, end)
}

// AppendFloat appends a number. NaN, +Inf and -Inf are appended as strings.
func AppendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return AppendString(dst, strconv.FormatFloat(f, 'g', -1, bits))
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, bits)
}
