package mask

import (
	"strings"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
)

const (
	afterWord = " \t\r\n\"`"      // ends the word that a URL is in
	afterURL  = afterWord + "'<>" // ends a URL in a text
)

// passwords masks the passwords of the URLs in a text.
func passwords(s string) string {
	e := jsontext.Edit{Text: s}
	end, last := 0, -1 // of the word that a URL is in: its end, and its last @
	for start := afterScheme(s, 0); start > 0; start = afterScheme(s, start) {
		if start > end {
			end = wordEnd(s, start)
			last = start + strings.LastIndexByte(s[start:end], '@')
		}
		from, to := password(s, start, end, last)
		if to > 0 {
			e.Replace(from, to, Hidden)
			start, end = to, max(end, to)
		}
	}
	return e.String()
}

// queries masks the values of secret keys in the queries of URLs in a text.
func (m *Mask) queries(s string) string {
	e := jsontext.Edit{Text: s}
	for start := afterScheme(s, 0); start > 0; start = afterScheme(s, start) {
		end := upTo(s, start, afterURL)
		if query := m.pairs(s[start:end], inURL); query != s[start:end] {
			e.Replace(start, end, query)
		}
		start = end
	}
	return e.String()
}

// afterScheme returns the end of the next URL's scheme, 0 if there is none.
func afterScheme(s string, at int) int {
	n := strings.Index(s[at:], "://")
	if n < 0 {
		return 0
	}
	return at + n + len("://")
}

// wordEnd returns the end of the word that a URL is in; the URL's scheme ends
// at start. In quotes it may have blanks.
func wordEnd(s string, start int) int {
	scheme := start - len("://")
	for scheme > 0 && isScheme(s[scheme-1]) {
		scheme--
	}
	if scheme > 0 && s[scheme-1] == '"' {
		if line := upTo(s, start, "\"\r\n"); line < len(s) && s[line] == '"' {
			return line
		}
	}
	return upTo(s, start, afterWord)
}

func isScheme(b byte) bool {
	return isLetter(b) || isDigit(b) || b == '+' || b == '-' || b == '.'
}

// password returns the bounds of the password in the URL whose scheme ends at
// start, 0 and 0 for none. end is the end of its word, last the last @ in that.
// Passwords with characters that should have been escaped are found too; they
// are the usual reason for a URL in an error's text.
func password(s string, start, end, last int) (from, to int) {
	rest := s[start:end]
	host := rest
	if n := strings.IndexAny(rest, "/?#\\"); n >= 0 {
		host = rest[:n]
	}
	at := strings.LastIndexByte(host, '@')
	if at < 0 {
		colon := strings.IndexByte(host, ':')
		switch {
		case colon < 0 || host[0] == '[':
			return 0, 0
		case last >= start && (!isPort(host[colon+1:]) || insidePassword(s, start, end, last)):
			at = last - start
		case last < start && !isPort(host[colon+1:]):
			at = farther(s, start, end)
		}
	}
	if at < 0 {
		return 0, 0
	}
	colon := strings.IndexByte(s[start:start+at], ':')
	if colon < 0 {
		return 0, 0
	}
	return start + colon + 1, start + at
}

// isPort reports whether the text after a host's colon may be a port.
func isPort(s string) bool { return strings.Trim(s, "0123456789") == "" }

// insidePassword reports whether what looks like a host and port is a user and
// the beginning of a password: a host follows the last @ of the word. An @ in a
// path, such as /@scope, or of an address in the path of a web page does not
// count.
func insidePassword(s string, start, end, last int) bool {
	if s[last-1] == '/' || last+1 == end || !isLetter(s[last+1]) && !isDigit(s[last+1]) && s[last+1] != '[' {
		return false
	}
	user, _, _ := strings.Cut(s[start:last], ":")
	web := strings.HasSuffix(s[:start], "http://") || strings.HasSuffix(s[:start], "https://")
	return !web || user != "localhost" && strings.IndexByte(user, '.') < 0
}

// farther looks for the @ of a password after the URL's word, on the same line
// and not far.
func farther(s string, start, end int) int {
	const far = 200
	for at := end; at < len(s) && at < end+far; at++ {
		switch s[at] {
		case '\r', '\n', '"', '`':
			return -1
		case ':':
			if strings.HasPrefix(s[at:], "://") {
				return -1
			}
		case '@':
			return at - start
		}
	}
	return -1
}
