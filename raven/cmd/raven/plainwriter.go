package main

import (
	"io"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// plainWriter escapes control characters for terminals, because servers,
// proxies and certificates choose part of the output.
type plainWriter struct{ to io.Writer }

// Write writes text, and escapes characters that are neither printable nor
// white space.
func (w plainWriter) Write(text []byte) (int, error) {
	if _, err := w.to.Write(escape(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}

func escape(text []byte) []byte {
	plain := make([]byte, 0, len(text))
	for rest := text; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == '\n', r == '\t', unicode.IsPrint(r) && (r != utf8.RuneError || size > 1):
			plain = append(plain, rest[:size]...)
		default:
			quoted := strconv.QuoteToASCII(string(rest[:size]))
			plain = append(plain, quoted[1:len(quoted)-1]...)
		}
		rest = rest[size:]
	}
	return plain
}
