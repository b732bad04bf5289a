package raven

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A part makes a key secret that contains it.
type part struct {
	text string // as squeezed makes it
	// unless are continuations that make another word of it: author, tokenizer.
	unless []string
	// word is whether it has to be a word of its own: otp is part of footprint.
	word bool
}

// secretParts are of the keys that are secret by default: those of the reference
// and those of Sentry's own scrubbing.
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

// cookieParts are of the names of cookies that are secret besides: they name
// sessions.
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

// fieldNames are the keys of the texts that an event has a field for.
var fieldNames = []string{"id", "username", "email", "name", "ip_address", "url", "method", "query_string", "fragment", "cookies", "data"}

// masker decides what of an event may not be sent. The encoder asks it for each
// key and each text, so that nothing needs a copy of the event. A nil masker
// hides nothing. It is safe for concurrent use.
type masker struct {
	parts  []part        // sorted
	begins [256][2]int32 // which parts may begin with a byte: from, to
	goOn   [256]uint32   // the letters that such a part may go on with, a bit each
	values bool          // credentials and numbers in texts, and the secrets of URLs too
	fields bool          // one of fieldNames is secret

	jar    *masker // for what is in cookies
	cookie bool    // it is for that itself

	secretive sync.Map // of reflect.Type to bool
}

// newMasker returns the masker for keys of the user's, and for what is secret by
// default.
func newMasker(keys []string, defaults bool) *masker {
	if len(keys) == 0 && !defaults {
		return nil
	}
	var parts []part
	for _, key := range keys {
		parts = append(parts, part{text: squeezed(key)})
	}
	cookies := parts
	if defaults {
		parts = slices.Concat(parts, secretParts)
		cookies = slices.Concat(parts, cookieParts)
	}
	m, jar := maskerOf(parts, defaults), maskerOf(cookies, defaults)
	m.jar, jar.jar, jar.cookie = jar, jar, true
	return m
}

func maskerOf(parts []part, values bool) *masker {
	m := &masker{values: values, parts: slices.Clone(parts)}
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
	m.fields = slices.ContainsFunc(fieldNames, m.secret)
	return m
}

// squeezed is a key in lower case without what people put between words:
// api_key, Api-Key and apiKey are one.
func squeezed(key string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && between[byte(r)] {
			return -1
		}
		return r
	}, strings.ToLower(key))
}

var between = [256]bool{'_': true, '-': true, '.': true, ' ': true}

// secret reports whether what stands under a key may not be sent: whether a
// part of it, in whatever case, is secret.
func (m *masker) secret(key string) bool {
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

// secretFolded is secret for keys that are not ASCII.
func (m *masker) secretFolded(key string) bool {
	key = squeezed(key)
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

// begins returns where a part ends that a key would begin with at i if it were
// squeezed, 0 if it begins with something else.
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

// counts reports whether the part, found in a key, is not merely part of
// another word.
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

// wordBegins reports whether a word of a key begins at i, as in my_otp and in
// myOtp.
func wordBegins(key string, i int) bool {
	return i == 0 || !isLetter(key[i-1]) || isUpper(key[i]) && isLower(key[i-1])
}

// wordEnds reports whether a word of a key ends before i, as in otp_code, in
// otpCode and in OTPCode.
func wordEnds(key string, i int) bool {
	return i == len(key) || !isLetter(key[i]) ||
		isUpper(key[i]) && (isLower(key[i-1]) || i+1 < len(key) && isLower(key[i+1]))
}

func isLower(b byte) bool  { return b >= 'a' && b <= 'z' }
func isUpper(b byte) bool  { return b >= 'A' && b <= 'Z' }
func isLetter(b byte) bool { return isLower(b) || isUpper(b) }
func isDigit(b byte) bool  { return b >= '0' && b <= '9' }

// inCookies returns the masker for what stands under a key: it knows the names
// of session cookies where the key is that of cookies.
func (m *masker) inCookies(key string) *masker {
	if m != nil && namesCookies(key) {
		return m.jar
	}
	return m
}

// namesCookies reports whether a key ends in cookie or cookies.
func namesCookies(key string) bool {
	n := len(key)
	if n > 0 && (key[n-1] == 's' || key[n-1] == 'S') {
		n--
	}
	return n >= len("cookie") && strings.EqualFold(key[n-len("cookie"):n], "cookie")
}

// isCard reports whether a text is 13 to 16 digits, with blanks and dashes
// after any of them and a newline at the end, as the reference's expression
// has it: ^(?:\d[ -]*?){13,16}$.
func isCard(s string) bool {
	if s == "" || s[0] < '0' || s[0] > '9' && s[0] < utf8.RuneSelf {
		return false
	}
	digits := 0
	for i, r := range strings.TrimSuffix(s, "\n") {
		switch {
		case unicode.IsDigit(r):
			if digits++; digits > 16 {
				return false
			}
		case i == 0, r != ' ' && r != '-':
			return false
		}
	}
	return digits >= 13
}
