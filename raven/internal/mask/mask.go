// Package mask hides secrets: the values of keys such as password, credentials
// and numbers in texts, in JSON, in URLs, forms and cookies.
//
// It knows texts and keys. It must not know events, clients or how Go values
// are encoded.
package mask

import (
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
)

// Hidden stands in the place of secrets.
const Hidden = "********"

// fieldNames are the keys of the texts that an event has a field for.
var fieldNames = []string{"id", "username", "email", "name", "ip_address", "url", "method", "query_string", "fragment", "cookies", "data"}

// Mask decides which keys and texts are secret. The encoder asks it for each of
// them, so that nothing needs a copy of the event. A nil Mask hides nothing. It
// is safe for concurrent use.
type Mask struct {
	parts  []part        // sorted
	begins [256][2]int32 // which parts may begin with a byte: from, to
	goOn   [256]uint32   // the letters that such a part may go on with, a bit each
	values bool          // credentials and numbers in texts, and the secrets of URLs too
	fields bool          // one of fieldNames is secret

	jar    *Mask // for what is in cookies
	cookie bool  // it is for that itself

	types sync.Map // of reflect.Type to bool
}

// New returns the Mask for keys that the program names and, with defaults, for
// what is secret by default; nil if neither is there.
func New(keys []string, defaults bool) *Mask {
	if len(keys) == 0 && !defaults {
		return nil
	}
	var parts []part
	for _, key := range keys {
		parts = append(parts, part{text: Squeezed(key)})
	}
	cookies := parts
	if defaults {
		parts = slices.Concat(parts, secretParts)
		cookies = slices.Concat(parts, cookieParts)
	}
	m, jar := newMask(parts, defaults), newMask(cookies, defaults)
	m.jar, jar.jar, jar.cookie = jar, jar, true
	return m
}

// InCookies returns the masker for what stands under a key: it knows the names
// of session cookies where the key is that of cookies.
func (m *Mask) InCookies(key string) *Mask {
	if NamesCookies(key) {
		return m.Jar()
	}
	return m
}

// Jar returns the Mask for what is in cookies.
func (m *Mask) Jar() *Mask {
	if m == nil {
		return nil
	}
	return m.jar
}

// Name returns a text that tells events apart, or a line of source, without
// credentials, the passwords of URLs and what their queries have under secret
// keys. Nothing else is changed.
func (m *Mask) Name(s string) string { return m.plain(s, credentials) }

// Prose is name for errors and other texts that people read: without the
// numbers too that are secret wherever they stand.
func (m *Mask) Prose(s string) string { return m.plain(s, credentials|numbers) }

// Message is prose without e-mail addresses, which Sentry masks in messages.
func (m *Mask) Message(s string) string { return m.plain(s, credentials|numbers|addresses) }

func (m *Mask) plain(s string, kinds spots) string {
	if m == nil || !m.values {
		return s
	}
	if strings.Contains(s, "://") {
		s = m.queries(passwords(s))
	}
	return without(s, kinds)
}

// Value returns a text from the data of an event without what is secret: all
// of it if it is a card number; the values of secret keys where it is JSON, and
// in key=value and key: value wherever it stands; the passwords of URLs;
// credentials and numbers.
func (m *Mask) Value(s string) string {
	if m != nil && m.cookie && strings.IndexByte(s, '=') >= 0 {
		return m.list(s, ";")
	}
	return m.text(s)
}

// text is value for what is no list of cookies.
func (m *Mask) text(s string) string {
	if m == nil || s == "" {
		return s
	}
	if m.values && isCard(s) {
		return Hidden
	}
	if hidden, ok := m.document(s); ok {
		return hidden
	}
	if m.values {
		if strings.Contains(s, "://") {
			s = passwords(s)
		}
		s = without(s, credentials|numbers)
	}
	return m.pairs(s, inText)
}

// Query is value for query strings, fragments and forms.
func (m *Mask) Query(s string) string {
	if m == nil || s == "" {
		return s
	}
	if first, _, found := strings.Cut(s, "="); !found || strings.ContainsAny(first, " \t\r\n:{") {
		return m.Value(s)
	}
	return m.list(s, "&")
}

// Cookies is value for cookie headers.
func (m *Mask) Cookies(s string) string {
	return m.Jar().Value(s)
}

// Params returns the values of a message as its text may show them.
func (m *Mask) Params(params []any) []any {
	copied := false
	for i, p := range params {
		s, ok := p.(string)
		if !ok {
			continue
		}
		hidden := m.Value(s)
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

// Field is the text of a field, under one of [fieldNames].
func (m *Mask) Field(key, s string) string {
	if m.HidesField(key) {
		return Hidden
	}
	return s
}

// Start is the first n characters of a value, all of it if n is 0. It looks a
// little further only, since texts may be long.
func (m *Mask) Start(s string, n int) string {
	const further = 16 << 10
	if far := utf8.UTFMax*n + further; n > 0 && len(s) > far {
		s = s[:far]
	}
	return jsontext.FirstRunes(m.Value(s), n)
}

// Userinfo is the user of a URL, and that there is a password.
func (m *Mask) Userinfo(u *url.Userinfo) string {
	if _, given := u.Password(); given && m != nil && m.values {
		return url.User(u.Username()).String() + ":" + Hidden
	}
	return u.String()
}

// HidesField reports whether a field of an event is hidden as a whole.
func (m *Mask) HidesField(key string) bool { return m != nil && m.fields && m.Secret(key) }

// OfType returns what judge says of a type. It is asked once; a nil Mask hides
// no type.
func (m *Mask) OfType(t reflect.Type, judge func(*Mask, reflect.Type) bool) bool {
	if m == nil {
		return false
	}
	if known, ok := m.types.Load(t); ok {
		return known.(bool)
	}
	hides := judge(m, t)
	m.types.Store(t, hides)
	return hides
}
