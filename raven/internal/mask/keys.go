package mask

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// part makes every key that contains it secret.
type part struct {
	text string // squeezed, see Squeezed
	// unless are continuations of other words: author, tokenizer.
	unless []string
	// word requires a whole word: otp is part of footprint.
	word bool
}

// secretParts are the parts of keys that are secret by default, from Raven for
// Python and from Sentry's own scrubbing.
var secretParts = []part{
	{text: "password"},
	{text: "passwd"},
	{text: "mysqlpwd"},
	{text: "secret"},
	{text: "credential"},
	{text: "sentrydsn"},
	{text: "auth", unless: []string{"or"}},
	{text: "authoriz"},
	{text: "authoris"},
	{text: "token", unless: []string{"iz", "is"}},
	{text: "apikey"},
	{text: "privatekey"},
	{text: "otp", word: true},
	{text: "twofactor"},
}

// cookieParts are further parts for the names of cookies; they name sessions.
var cookieParts = []part{
	{text: "sess"},
	{text: "csrf"},
	{text: "xsrf"},
	{text: "jwt"},
	{text: "symfony"},
	{text: "sid", word: true},
	{text: "sentrysid"},
	{text: "su", word: true},
	{text: "sudo", word: true},
}

// newMask indexes the parts by their first two letters.
func newMask(parts []part, values bool) *Mask {
	m := &Mask{values: values, parts: slices.Clone(parts)}
	slices.SortFunc(m.parts, func(a, b part) int { return cmp.Compare(a.text, b.text) })
	for i, part := range m.parts {
		c := part.text[0]
		if i == 0 || m.parts[i-1].text[0] != c {
			m.begins[c][0] = int32(i)
		}
		m.begins[c][1] = int32(i + 1)
		if second := part.text[min(1, len(part.text)-1)]; len(part.text) > 1 && isLower(second) {
			m.goOn[c] |= 1 << (second - 'a')
		} else {
			m.goOn[c] = math.MaxUint32
		}
		if isLower(c) {
			m.begins[c-'a'+'A'], m.goOn[c-'a'+'A'] = m.begins[c], m.goOn[c]
		}
	}
	m.fields = slices.ContainsFunc(fieldNames, m.Secret)
	return m
}

// Squeezed returns a key in lower case without separators of words: api_key,
// Api-Key and apiKey are the same.
func Squeezed(key string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && between[byte(r)] {
			return -1
		}
		return r
	}, strings.ToLower(key))
}

var between = [256]bool{'_': true, '-': true, '.': true, ' ': true}

// Secret reports whether a key contains a secret part, in any case.
func (m *Mask) Secret(key string) bool {
	if m == nil {
		return false
	}
	for i := 0; i < len(key); i++ {
		b := key[i]
		if b >= utf8.RuneSelf {
			return m.secretFolded(key)
		}
		goOn := m.goOn[b]
		if goOn == 0 {
			continue
		}
		if goOn != math.MaxUint32 && (i+1 == len(key) || isLetter(key[i+1]) && goOn&(1<<(key[i+1]|0x20-'a')) == 0) {
			continue
		}
		some := m.begins[b]
		for p := some[0]; p < some[1]; p++ {
			part := &m.parts[p]
			if end := begins(key, i, part.text); end > 0 && part.counts(key, i, end) {
				return true
			}
		}
	}
	return false
}

// secretFolded is Secret for keys that are not ASCII.
func (m *Mask) secretFolded(key string) bool {
	key = Squeezed(key)
	for i := range m.parts {
		part := &m.parts[i]
		for at, end := 0, 0; ; at = end {
			n := strings.Index(key[at:], part.text)
			if n < 0 {
				break
			}
			end = at + n + len(part.text)
			if part.counts(key, at+n, end) {
				return true
			}
		}
	}
	return false
}

// begins returns the end of a part that the squeezed key has at i, else 0.
func begins(key string, i int, part string) (end int) {
	n := 0
	for ; i < len(key); i++ {
		b := key[i]
		if between[b] {
			continue
		}
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != part[n] {
			return 0
		}
		if n++; n == len(part) {
			return i + 1
		}
	}
	return 0
}

// counts reports whether the part in a key is not just part of another word.
func (p *part) counts(key string, from, to int) bool {
	if p.word && (!wordBegins(key, from) || !wordEnds(key, to)) {
		return false
	}
	if p.unless == nil || wordEnds(key, to) {
		return true
	}
	for _, more := range p.unless {
		if len(key) >= to+len(more) && strings.EqualFold(key[to:to+len(more)], more) {
			return false
		}
	}
	return true
}

// wordBegins reports whether a word of a key begins at i, as in my_otp and
// myOtp.
func wordBegins(key string, i int) bool {
	return i == 0 || !isLetter(key[i-1]) || isUpper(key[i]) && isLower(key[i-1])
}

// wordEnds reports whether a word of a key ends before i, as in otp_code,
// otpCode and OTPCode.
func wordEnds(key string, i int) bool {
	return i == len(key) || !isLetter(key[i]) ||
		isUpper(key[i]) && (isLower(key[i-1]) || i+1 < len(key) && isLower(key[i+1]))
}

func isLower(b byte) bool  { return b >= 'a' && b <= 'z' }
func isUpper(b byte) bool  { return b >= 'A' && b <= 'Z' }
func isLetter(b byte) bool { return isLower(b) || isUpper(b) }
func isDigit(b byte) bool  { return b >= '0' && b <= '9' }

// NamesCookies reports whether a key ends in cookie or cookies.
func NamesCookies(key string) bool {
	n := len(key)
	if n > 0 && (key[n-1] == 's' || key[n-1] == 'S') {
		n--
	}
	return n >= len("cookie") && strings.EqualFold(key[n-len("cookie"):n], "cookie")
}
