package transport

import (
	"net/url"
	"strings"
)

// redact masks the passwords in an option's value: the password of a URL, with
// or without a scheme, and those in the options of a DSN. In a value that is no
// valid URL it masks everything from the first colon to the last '@', rather
// too much than too little.
func redact(v string) string {
	start := 0
	if scheme, _, found := strings.Cut(v, "//"); found && (scheme == "" || isScheme(scheme)) {
		start = len(scheme) + len("//")
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

// lastAt returns the index of the last '@', escaped or not, or -1.
func lastAt(s string) int {
	return max(strings.LastIndexByte(s, '@'), strings.LastIndex(s, "%40"))
}

func isScheme(s string) bool {
	name, found := strings.CutSuffix(strings.ToLower(s), ":")
	return found && name != "" && strings.IndexFunc(name, notOfSchemes) < 0
}

// redactQuery masks the passwords in the options of a DSN that is an option's
// value. query begins with its question mark. It may also be the end of a
// password that was not escaped; then all of it is masked.
func redactQuery(query string) string {
	pairs := strings.Split(query[1:], "&")
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(value)
		shown := redact(plain)
		switch {
		case err != nil, lastAt(name) >= 0, lastAt(plain) >= 0 && shown == plain:
			return "?" + mask
		case shown != plain:
			pairs[i] = name + "=" + url.QueryEscape(shown)
		}
	}
	return "?" + strings.Join(pairs, "&")
}
