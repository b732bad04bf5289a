// Package mask hides secrets: the values of keys such as password, credentials
// and numbers in texts, JSON, URLs, forms and cookies.
//
// It must not know events, clients or the encoding of Go values.
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

// Hidden replaces secrets.
const Hidden = "********"

// fieldNames are the keys of an event's text fields.
var fieldNames = []string{"id", "username", "email", "name", "ip_address", "url", "method", "query_string", "fragment", "cookies", "data"}

// Mask decides which keys and texts are secret. The encoder calls it for each,
// so the event need not be copied. A nil Mask hides nothing. It is safe for
// concurrent use.
type Mask struct {
	parts  []part        // sorted
	begins [256][2]int32 // by byte, the range of parts that begin with it
	goOn   [256]uint32   // by byte, the second letters of these parts, a bit each
	values bool          // hide credentials and numbers in texts, and secrets of URLs
	fields bool          // one of fieldNames is secret

	jar    *Mask // for cookies
	cookie bool  // it is a jar

	types sync.Map // of reflect.Type to bool
}

// New returns the Mask for the given keys and, with defaults, for the default
// ones; nil if there are neither.
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

// InCookies returns the Mask for the value of a key. If the key names cookies,
// it hides sessions too.
func (m *Mask) InCookies(key string) *Mask {
	if NamesCookies(key) {
		return m.Jar()
	}
	return m
}

// Jar returns the Mask for cookies.
func (m *Mask) Jar() *Mask {
	if m == nil {
		return nil
	}
	return m.jar
}

// Name masks a name or a source line: credentials, passwords of URLs, and the
// values of secret keys in the queries of URLs.
func (m *Mask) Name(s string) string { return m.plain(s, credentials) }

// Prose is Name for errors and other texts for people: it also masks numbers.
func (m *Mask) Prose(s string) string { return m.plain(s, credentials|numbers) }

// Message is Prose that also masks e-mail addresses, as Sentry does in
// messages.
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

// Value masks a text in the data of an event: the whole if it is a card number;
// the values of secret keys in JSON, key=value and key: value; passwords of
// URLs; credentials and numbers.
func (m *Mask) Value(s string) string {
	if m != nil && m.cookie && strings.IndexByte(s, '=') >= 0 {
		return m.list(s, ";")
	}
	return m.text(s)
}

// text is Value for texts that are not lists of cookies.
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

// Query is Value for query strings, fragments and forms.
func (m *Mask) Query(s string) string {
	if m == nil || s == "" {
		return s
	}
	if first, _, found := strings.Cut(s, "="); !found || strings.ContainsAny(first, " \t\r\n:{") {
		return m.Value(s)
	}
	return m.list(s, "&")
}

// Cookies is Value for cookie headers.
func (m *Mask) Cookies(s string) string { return m.Jar().Value(s) }

// Params masks the values of a message.
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

// Field masks the text of a field, whose key is one of [fieldNames].
func (m *Mask) Field(key, s string) string {
	if m.HidesField(key) {
		return Hidden
	}
	return s
}

// Start returns the first n characters of a masked value, all if n is 0. Of
// long texts it masks only a little more.
func (m *Mask) Start(s string, n int) string {
	const further = 16 << 10
	if far := utf8.UTFMax*n + further; n > 0 && len(s) > far {
		s = s[:far]
	}
	return jsontext.FirstRunes(m.Value(s), n)
}

// Userinfo returns the user of a URL with a masked password.
func (m *Mask) Userinfo(u *url.Userinfo) string {
	if _, given := u.Password(); given && m != nil && m.values {
		return url.User(u.Username()).String() + ":" + Hidden
	}
	return u.String()
}

// HidesField reports whether a field of an event is hidden as a whole.
func (m *Mask) HidesField(key string) bool { return m != nil && m.fields && m.Secret(key) }

// OfType returns the result of judge for a type, which it keeps. A nil Mask
// hides no type.
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
