package raven

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// secretKeys are what the reference takes for secrets (protocol 6.3).
var secretKeys = []string{"password", "secret", "passwd", "authorization", "api_key", "apikey", "sentry_dsn", "access_token"}

// fieldNames are the keys of the texts that an event has a field for.
var fieldNames = []string{"id", "username", "email", "name", "ip_address", "url", "method", "query_string", "fragment", "cookies", "data"}

// masker decides what of an event may not be sent. The encoder asks it for each
// key and each text, so that nothing needs a copy of the event. A nil masker
// hides nothing. It never changes.
type masker struct {
	parts  []string      // of secret keys, as squeezed makes them, sorted
	begins [256][2]int32 // which parts may begin with a byte: from, to
	values bool          // card numbers and the secrets of URLs too
	fields bool          // one of fieldNames is secret
}

func newMasker(keys []string, values bool) *masker {
	if len(keys) == 0 && !values {
		return nil
	}
	m := &masker{values: values}
	for _, key := range keys {
		m.parts = append(m.parts, squeezed(key))
	}
	slices.Sort(m.parts)
	m.parts = slices.Compact(m.parts)
	for i, part := range m.parts {
		c := part[0]
		if i == 0 || m.parts[i-1][0] != c {
			m.begins[c][0] = int32(i)
		}
		m.begins[c][1] = int32(i + 1)
		if c >= 'a' && c <= 'z' {
			m.begins[c-'a'+'A'] = m.begins[c]
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
// part of it, in whatever case, is a secret key (protocol 6.3).
func (m *masker) secret(key string) bool {
	if m == nil {
		return false
	}
	for i := 0; i < len(key); i++ {
		b := key[i]
		if b >= utf8.RuneSelf {
			return m.secretFolded(key)
		}
		some := m.begins[b]
		for _, part := range m.parts[some[0]:some[1]] {
			if beginsWith(key[i:], part) {
				return true
			}
		}
	}
	return false
}

// secretFolded is secret for keys that are not ASCII.
func (m *masker) secretFolded(key string) bool {
	key = squeezed(key)
	for _, part := range m.parts {
		if strings.Contains(key, part) {
			return true
		}
	}
	return false
}

// beginsWith reports whether a squeezed key would begin with part.
func beginsWith(key, part string) bool {
	n := 0
	for i := 0; i < len(key); i++ {
		b := key[i]
		if between[b] {
			continue
		}
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != part[n] {
			return false
		}
		if n++; n == len(part) {
			return true
		}
	}
	return false
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
