package transport

import (
	"net/url"
	"strings"
)

// redact masks the passwords in an option's value: that of a URL, of a URL
// without a scheme, and those in the options of a DSN. It masks too much of a
// value that is no valid URL rather than too little: all between the first
// colon and the last '@'.
func redact(v string) string {
	start := 0
	if i := strings.Index(v, "//"); i >= 0 {
		start = i + len("//")
	}
	authority, query := v[start:], ""
	question := strings.IndexByte(authority, '?')
	if question >= 0 && lastAt(authority[:question]) >= 0 {
		authority, query = authority[:question], redactQuery(authority[question:])
	}
	at := lastAt(authority)
	colon := strings.IndexByte(authority[:max(at, 0)], ':')
	if colon < 0 {
		return v[:start] + authority + query
	}
	return v[:start] + authority[:colon+1] + mask + authority[at:] + query
}

// lastAt returns where the last '@' is, escaped or not, -1 if there is none.
func lastAt(s string) int {
	return max(strings.LastIndexByte(s, '@'), strings.LastIndex(s, "%40"))
}

// redactQuery masks the passwords in the options of a DSN that is itself an
// option's value. query begins with its question mark.
func redactQuery(query string) string {
	pairs := strings.Split(query[1:], "&")
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(value)
		if err != nil || lastAt(name) >= 0 {
			pairs[i] = mask // the end of a password that should have been escaped
		} else if shown := redact(plain); shown != plain {
			pairs[i] = name + "=" + url.QueryEscape(shown)
		}
	}
	return "?" + strings.Join(pairs, "&")
}
