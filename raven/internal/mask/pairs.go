package mask

import (
	"net/url"
	"strings"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
)

// pairsIn is where pairs are found.
type pairsIn int

const (
	inText pairsIn = iota // key=value and key: value, up to a blank
	inURL                 // key=value, up to the next pair or the fragment
)

const (
	endsInURL  = "&;#"
	endsInText = "&; \t\r\n"
	quotes     = "\"'`"
	beforePath = "&;?,#|/ \t\r\n\"'`{}()<>"
	beforeKey  = beforePath + "[]"
)

// pairs masks the values of secret keys in key=value and key: value, and card
// numbers in texts. A value that contains another = is masked as a whole. Pairs
// in the values of other pairs are found too.
func (m *Mask) pairs(s string, where pairsIn) string {
	if strings.IndexByte(s, '=') < 0 && strings.IndexByte(s, ':') < 0 {
		return s
	}
	e := jsontext.Edit{Text: s}
	at, tried := 0, 0
	for i := 0; i < len(s); i++ {
		b := s[i]
		if b != '=' && (b != ':' || where == inURL) {
			continue
		}
		if b == ':' && i+1 < len(s) && (s[i+1] == ':' || s[i+1] == '/' && strings.HasPrefix(s[i+1:], "//")) {
			i++ // a scheme, or a qualified name
			at = i + 1
			continue
		}
		key := keyOf(s[at:i])
		secret := m.Secret(key)
		at = i + 1
		if !secret && (b == ':' || where == inURL) {
			continue
		}
		if !secret && at >= tried {
			from, to := span(s, at, where)
			if plain := unescaped(s[from:to]); plain != s[from:to] {
				if hidden := m.text(plain); hidden != plain {
					e.Replace(from, to, escaped(hidden))
				}
				at, i = to, to-1
				continue
			}
			tried = to // the rest of the value is not escaped either
		}
		if !secret && (!m.values || !cardAt(s[at:])) {
			continue
		}
		from, to := span(s, at, where)
		if secret && where == inText {
			to = further(s, from, to, key)
		}
		if at, i = to, to-1; from == to && b == ':' {
			continue
		}
		e.Replace(from, to, Hidden)
	}
	return e.String()
}

// further returns the end of a secret value that continues after its first
// word. Credentials in a header go to the end of the line. A value of several
// words, as in the settings of a database, goes to the semicolon.
func further(s string, from, to int, key string) int {
	const far = 256
	if to == len(s) || s[to] == '&' || s[to] == ';' || from > 0 && strings.IndexByte(quotes, s[from-1]) >= 0 {
		return to
	}
	if strings.HasSuffix(Squeezed(key), "authorization") {
		return upTo(s, to, "\r\n"+quotes)
	}
	rest := s[to:min(len(s), to+far)]
	switch n := strings.IndexAny(rest, ";=:\r\n"+quotes); {
	case n >= 0 && rest[n] == ';':
		return to + n
	case n < 0 && to+len(rest) == len(s) && strings.IndexByte(s[max(0, from-far):from], ';') >= 0:
		return len(s)
	}
	return to
}

// list masks the pairs of a query, a form or a cookie header, and secrets in
// their other values.
func (m *Mask) list(s, separator string) string {
	e := jsontext.Edit{Text: s}
	for at := 0; ; {
		end := len(s)
		if n := strings.Index(s[at:], separator); n >= 0 {
			end = at + n
		}
		if hidden := m.listed(s[at:end], separator); hidden != s[at:end] {
			e.Replace(at, end, hidden)
		}
		if end == len(s) {
			return e.String()
		}
		at = end + len(separator)
	}
}

// listed masks one piece of a list.
func (m *Mask) listed(piece, separator string) string {
	eq := strings.IndexByte(piece, '=')
	if eq < 0 {
		return m.text(piece)
	}
	key, value := unescaped(piece[:eq]), piece[eq+1:]
	if m.Secret(key) {
		return piece[:eq+1] + Hidden
	}
	if separator == "&" && strings.ContainsAny(key, ": \t\r\n") {
		return m.text(piece)
	}
	plain := unescaped(value)
	hidden := m.text(plain)
	switch {
	case hidden == plain:
		return piece
	case plain == value:
		return piece[:eq+1] + hidden
	}
	return piece[:eq+1] + escaped(hidden)
}

// cardAt reports whether a text begins with a card number. It looks at a few
// characters only, because a text may have many pairs.
func cardAt(s string) bool {
	const longest = 64
	if s == "" || !isDigit(s[0]) {
		return false
	}
	s = s[:min(len(s), longest)]
	from, to := span(s, 0, inText)
	return isCard(unescaped(s[from:to]))
}

// span returns the bounds of a value. In texts it skips blanks, quotes and
// brackets.
func span(s string, from int, where pairsIn) (start, end int) {
	if where == inURL {
		return from, upTo(s, from, endsInURL)
	}
	for from < len(s) && strings.IndexByte(" \t=>:", s[from]) >= 0 {
		from++
	}
	at := from
	for at < len(s) && s[at] == '\\' {
		at++
	}
	if at == len(s) {
		return from, at
	}
	switch b := s[at]; {
	case strings.IndexByte(quotes, b) >= 0:
		return quoted(s, from, at)
	case b == '{' || b == '[' || b == '(', strings.HasPrefix(s[at:], "map["):
		return from, bracketed(s, at)
	}
	return from, upTo(s, from, endsInText)
}

func upTo(s string, from int, ends string) int {
	if n := strings.IndexAny(s[from:], ends); n >= 0 {
		return from + n
	}
	return len(s)
}

// quoted returns the text between quotes. The first is at i, after backslashes
// that begin at from. Without a second one the text goes to the end.
func quoted(s string, from, i int) (start, end int) {
	quote := s[from : i+1]
	start = i + 1
	for at := start; ; {
		n := strings.Index(s[at:], quote)
		if n < 0 {
			return from, len(s)
		}
		at += n
		backslashes := 0
		for at-backslashes > start && s[at-backslashes-1] == '\\' {
			backslashes++
		}
		if backslashes == 0 || i == from && (s[i] != '"' || backslashes%2 == 0) {
			return start, at
		}
		at += len(quote)
	}
}

// bracketed returns the end of the bracket that is the first one from i on.
func bracketed(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '"':
			i = jsontext.StringEnd(s, i) - 1
		case '{', '[', '(':
			depth++
		case '}', ']', ')':
			if depth--; depth <= 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// keyOf returns the key before an equals sign or a colon: the last word with
// the brackets after it, or the text in quotes.
func keyOf(s string) string {
	s = strings.TrimRight(s, " \t")
	if s == "" {
		return ""
	}
	switch last := s[len(s)-1]; {
	case last == ']':
		return unescaped(s[strings.LastIndexAny(s, beforePath)+1:])
	case strings.IndexByte(quotes, last) >= 0:
		s = strings.TrimRight(s[:len(s)-1], `\`)
		return s[strings.LastIndexByte(s, last)+1:]
	}
	return unescaped(s[strings.LastIndexAny(s, beforeKey)+1:])
}

// escaped returns a masked text as a query spells it.
func escaped(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), url.QueryEscape("*"), "*")
}

// unescaped returns the text of a part of a query.
func unescaped(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}
