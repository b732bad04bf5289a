package mask

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
)

// spots is a set of kinds of secrets in texts.
type spots uint8

const (
	credentials spots = 1 << iota // Bearer and Basic, keys in PEM
	numbers                       // cards, US social security numbers, IBANs
	addresses                     // e-mail
)

// What may begin with a byte.
const (
	isOther = iota
	isB     // Bearer, Basic
	isNum   // a number
	isDash  // -----BEGIN
	isAt    // the middle of an address
)

var spotBytes = func() (t [256]uint8) {
	t['b'], t['B'], t['-'], t['@'] = isB, isB, isDash, isAt
	for b := '0'; b <= '9'; b++ {
		t[b] = isNum
	}
	return t
}()

// without masks secrets of some kinds in a text.
func without(s string, kinds spots) string {
	e := jsontext.Edit{Text: s}
	for i := 0; i < len(s); i++ {
		kind := spotBytes[s[i]]
		if kind == isOther {
			continue
		}
		from, to := 0, 0
		switch {
		case kind == isB && kinds&credentials != 0:
			from, to = credentialAt(s, i)
		case kind == isDash && kinds&credentials != 0:
			from, to = keyAt(s, i)
		case kind == isNum && kinds&numbers != 0:
			if from, to = numberAt(s, i, e.Done()); to == 0 {
				for i+1 < len(s) && isDigit(s[i+1]) {
					i++
				}
			}
		case kind == isAt && kinds&addresses != 0:
			from, to = addressAt(s, i, e.Done())
		}
		if to > 0 {
			e.Replace(from, to, Hidden)
			i = to - 1
		}
	}
	return e.String()
}

// wordBefore and wordAt report whether a letter, a digit or an underscore is
// before i or at i.
func wordBefore(s string, i int) bool {
	if i == 0 || s[i-1] < utf8.RuneSelf {
		return i > 0 && isWord(s[i-1])
	}
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

func wordAt(s string, i int) bool {
	if i == len(s) || s[i] < utf8.RuneSelf {
		return i < len(s) && isWord(s[i])
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

func isWord(b byte) bool { return isLetter(b) || isDigit(b) || b == '_' }

// credentialAt finds the credentials after a Bearer or Basic that begins at i.
// The word basic in prose is recognised because no base64 of a password
// follows.
func credentialAt(s string, i int) (from, to int) {
	const bearer, basic, blanks, ends = "bearer", "basic", " \t\r\n", " \t\r\n\"'`"
	scheme := 0
	switch {
	case hasFold(s[i:], bearer):
		scheme = len(bearer)
	case hasFold(s[i:], basic):
		scheme = len(basic)
	default:
		return 0, 0
	}
	if wordBefore(s, i) {
		return 0, 0
	}
	from = i + scheme
	for from < len(s) && strings.IndexByte(blanks, s[from]) >= 0 {
		from++
	}
	if from == i+scheme {
		return 0, 0
	}
	if from < len(s) && strings.IndexByte("\"'`", s[from]) >= 0 {
		from++
	}
	to = upTo(s, from, ends)
	for to < len(s) && to > from && (s[to-1] == ':' || s[to-1] == '=') { // Bearer token: x
		for to < len(s) && strings.IndexByte(blanks, s[to]) >= 0 {
			to++
		}
		next := upTo(s, to, ends)
		if next == to {
			break
		}
		to = next
	}
	if to == from || strings.EqualFold(s[from:to], bearer) || scheme == len(basic) && !isBasic(s[from:to]) {
		return 0, 0
	}
	return from, to
}

// isBasic reports whether a text is a user and a password in base64.
func isBasic(s string) bool {
	const longest = 4096
	s = strings.TrimRight(s[:min(len(s), longest)], "=,;)]}")
	plain, err := base64.RawStdEncoding.DecodeString(s)
	return err == nil && strings.IndexByte(string(plain), ':') >= 0
}

func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// keyAt finds the content of a private or public key in PEM whose header begins
// at i. In a text that was cut off it goes to the end.
func keyAt(s string, i int) (from, to int) {
	const begin, end, dashes, longest = "-----BEGIN", "-----END", "-----", 64
	if !strings.HasPrefix(s[i:], begin) {
		return 0, 0
	}
	from = i + len(begin)
	label := s[from:min(len(s), from+longest)]
	n := strings.Index(label, dashes)
	if n < 0 || !strings.Contains(label[:n], "PRIVATE KEY") && !strings.Contains(label[:n], "PUBLIC KEY") {
		return 0, 0
	}
	from += n + len(dashes)
	for from < len(s) && strings.IndexByte(" \t\r\n", s[from]) >= 0 {
		from++
	}
	to = len(s)
	if n := strings.Index(s[from:], end); n >= 0 {
		to = from + len(strings.TrimRight(s[from:from+n], "\r\n"))
	}
	if to == from {
		return 0, 0
	}
	return from, to
}

// addressAt finds the e-mail address whose @ is at i. Of a URL's user and host
// it is the user alone, because the host says where a failure was.
func addressAt(s string, i, done int) (from, to int) {
	const local, longest = "!#$%&'*+=?^_`{|}~.-", 254
	from = i
	for from > done && i-from < longest && (isWord(s[from-1]) || strings.IndexByte(local, s[from-1]) >= 0) {
		from--
	}
	for from < i && !isWord(s[from]) {
		from++
	}
	dot, letters := -1, 0
	for to = i + 1; to < len(s) && to-i < longest && (isLetter(s[to]) || isDigit(s[to]) || s[to] == '-' || s[to] == '.'); to++ {
		switch {
		case s[to] == '.':
			dot, letters = to, 0
		case isLetter(s[to]):
			letters++
		}
	}
	to = i + 1 + len(strings.TrimRight(s[i+1:to], ".-"))
	switch {
	case from == i || dot < 0 || letters < 2:
		return 0, 0
	case strings.HasSuffix(s[:from], "//"):
		return from, i
	}
	return from, to
}
