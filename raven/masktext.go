package raven

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// What ends the value of key=value. In a query that is nothing but the next
// pair, in a text of any kind also what looks like the end of a word.
const (
	endsInQuery  = "&"
	endsInCookie = ";"
	endsInText   = "&; \t\r\n"
	endsInURL    = "&;#"
)

const (
	afterURL  = " \t\r\n\"'<>`" // what ends a URL in a text
	beforeKey = "&;?,#|/ \t\r\n\"'`{}()[]<>"
)

// prose returns a message or an error's text without the passwords and the
// secrets in the queries of its URLs. Nothing else is changed.
func (m *masker) prose(s string) string {
	if m == nil || !m.values || !strings.Contains(s, "://") {
		return s
	}
	return m.queries(m.passwords(s))
}

// value returns a text from the data of an event without what is secret: all
// of it if it is a card number; the values of secret keys where it is JSON,
// and in key=value wherever it stands; the passwords of URLs.
func (m *masker) value(s string) string { return m.within(s, endsInText) }

// query is value for query strings, fragments and forms.
func (m *masker) query(s string) string { return m.within(s, endsInQuery) }

// cookies is value for cookie headers.
func (m *masker) cookies(s string) string { return m.within(s, endsInCookie) }

// field is the text of a field, under one of [fieldNames].
func (m *masker) field(key, s string) string {
	if m != nil && m.fields && m.secret(key) {
		return masked
	}
	return s
}

// params returns the values of a message as its text may show them.
func (m *masker) params(params Params) Params {
	copied := false
	for i, p := range params {
		s, ok := p.(string)
		if !ok {
			continue
		}
		hidden := m.value(s)
		if hidden == s {
			continue
		}
		if !copied {
			params, copied = slices.Clone(params), true
		}
		params[i] = hidden
	}
	return params
}

// start is the first n characters of a value, all of it if n is 0. It looks a
// little further only, since texts may be long.
func (m *masker) start(s string, n int) string {
	const further = 16 << 10
	if far := utf8.UTFMax*n + further; n > 0 && len(s) > far {
		s = s[:far]
	}
	return firstRunes(m.value(s), n)
}

func (m *masker) within(s, ends string) string {
	if m == nil || s == "" {
		return s
	}
	if m.values && isCard(s) {
		return masked
	}
	if looksLikeJSON(s) {
		return m.json(s)
	}
	if m.values && strings.Contains(s, "://") {
		s = m.passwords(s)
	}
	if strings.IndexByte(s, '=') >= 0 {
		s = m.pairs(s, ends)
	}
	return s
}

// pairs masks the values of secret keys, and card numbers, in key=value. A
// value with another = in it is masked as a whole, and a pair that stands in
// another pair's value is found as well.
func (m *masker) pairs(s, ends string) string {
	cards := m.values && ends != endsInURL // errors are altered as little as can be
	var out []byte
	done, at := 0, 0
	for {
		eq := strings.IndexByte(s[at:], '=')
		if eq < 0 {
			break
		}
		eq += at
		if !m.secret(keyOf(s[at:eq])) && (!cards || !cardAt(s[eq+1:], ends)) {
			at = eq + 1
			continue
		}
		from, to := span(s, eq+1, ends)
		out = append(append(out, s[done:from]...), masked...)
		done, at = to, to
	}
	if out == nil {
		return s
	}
	return string(append(out, s[done:]...))
}

// cardAt reports whether the value that a text begins with is a card number.
// It does not look far: texts may have any number of pairs.
func cardAt(s, ends string) bool {
	const longest = 64
	if s == "" || s[0] < '0' || s[0] > '9' && s[0] < utf8.RuneSelf {
		return false
	}
	from, to := span(s[:min(len(s), longest)], 0, ends)
	return isCard(unescaped(s[from:to]))
}

// span returns where a value begins and ends. In texts blanks may stand before
// it, and quotes around it.
func span(s string, from int, ends string) (start, end int) {
	if ends == endsInText {
		for from < len(s) && s[from] == ' ' {
			from++
		}
		if from < len(s) && (s[from] == '"' || s[from] == '\'') {
			if n := strings.IndexByte(s[from+1:], s[from]); n >= 0 {
				return from + 1, from + 1 + n
			}
			return from, len(s)
		}
	}
	if n := strings.IndexAny(s[from:], ends); n >= 0 {
		return from, from + n
	}
	return from, len(s)
}

// keyOf returns the last word before an equals sign, as a query would spell it.
func keyOf(s string) string {
	s = strings.TrimRight(s, " ")
	return unescaped(s[strings.LastIndexAny(s, beforeKey)+1:])
}

// unescaped is what a part of a query says.
func unescaped(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// passwords masks the passwords of the URLs in a text.
func (m *masker) passwords(s string) string {
	var out []byte
	done, end, last := 0, 0, -1 // of the word that a URL is in: its end, and its last @
	for start := afterScheme(s, 0); start > 0; start = afterScheme(s, start) {
		if start > end {
			end = urlEnd(s, start)
			last = start + strings.LastIndexByte(s[start:end], '@')
		}
		if last < start {
			continue
		}
		if from, to := password(s[start:end], last-start); to > 0 {
			out = append(append(out, s[done:start+from]...), masked...)
			start += to
			done = start
		}
	}
	if out == nil {
		return s
	}
	return string(append(out, s[done:]...))
}

// queries masks what stands under secret keys in the queries of the URLs in a
// text.
func (m *masker) queries(s string) string {
	var out []byte
	done := 0
	for start := afterScheme(s, 0); start > 0; start = afterScheme(s, start) {
		end := urlEnd(s, start)
		if query := m.pairs(s[start:end], endsInURL); query != s[start:end] {
			out = append(append(out, s[done:start]...), query...)
			done = end
		}
		start = end
	}
	if out == nil {
		return s
	}
	return string(append(out, s[done:]...))
}

// afterScheme returns where the next URL goes on after its scheme, 0 if there
// is none.
func afterScheme(s string, at int) int {
	n := strings.Index(s[at:], "://")
	if n < 0 {
		return 0
	}
	return at + n + len("://")
}

func urlEnd(s string, start int) int {
	if n := strings.IndexAny(s[start:], afterURL); n >= 0 {
		return start + n
	}
	return len(s)
}

// password returns where the password is in what follows "://", 0 and 0 if
// there is none. One with characters in it that should have been escaped, the
// usual reason why a URL is in an error's text, is found too: up to the last @.
func password(rest string, last int) (from, to int) {
	host := len(rest)
	if n := strings.IndexAny(rest, "/?#\\"); n >= 0 {
		host = n
	}
	at := strings.LastIndexByte(rest[:host], '@')
	if at < 0 && !endsInPort(rest[:host]) {
		at = last
	}
	if at < 0 {
		return 0, 0
	}
	colon := strings.IndexByte(rest[:at], ':')
	if colon < 0 {
		return 0, 0
	}
	return colon + 1, at
}

// endsInPort reports whether a host may be one: without a colon, or with a
// number behind it, or in brackets.
func endsInPort(host string) bool {
	colon := strings.IndexByte(host, ':')
	return colon < 0 || host[0] == '[' || strings.Trim(host[colon+1:], "0123456789") == ""
}
