package raven

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// name returns a text that tells events apart, or a line of source, without
// credentials, the passwords of URLs and what their queries have under secret
// keys. Nothing else is changed.
func (m *masker) name(s string) string { return m.plain(s, credentials) }

// prose is name for errors and other texts that people read: without the numbers
// too that are secret wherever they stand.
func (m *masker) prose(s string) string { return m.plain(s, credentials|numbers) }

// message is prose without e-mail addresses, which Sentry masks in messages.
func (m *masker) message(s string) string { return m.plain(s, credentials|numbers|addresses) }

func (m *masker) plain(s string, kinds spots) string {
	if m == nil || !m.values {
		return s
	}
	if strings.Contains(s, "://") {
		s = m.queries(passwords(s))
	}
	return without(s, kinds)
}

// value returns a text from the data of an event without what is secret: all
// of it if it is a card number; the values of secret keys where it is JSON, and
// in key=value and key: value wherever it stands; the passwords of URLs;
// credentials and numbers.
func (m *masker) value(s string) string {
	if m != nil && m.cookie && strings.IndexByte(s, '=') >= 0 {
		return m.list(s, ";")
	}
	return m.text(s)
}

// text is value for what is no list of cookies.
func (m *masker) text(s string) string {
	if m == nil || s == "" {
		return s
	}
	if m.values && isCard(s) {
		return masked
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

// query is value for query strings, fragments and forms.
func (m *masker) query(s string) string {
	if m == nil || s == "" {
		return s
	}
	if first, _, found := strings.Cut(s, "="); !found || strings.ContainsAny(first, " \t\r\n:{") {
		return m.value(s)
	}
	return m.list(s, "&")
}

// cookies is value for cookie headers.
func (m *masker) cookies(s string) string {
	if m == nil {
		return s
	}
	return m.jar.value(s)
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

// field is the text of a field, under one of [fieldNames].
func (m *masker) field(key, s string) string {
	if m != nil && m.fields && m.secret(key) {
		return masked
	}
	return s
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
