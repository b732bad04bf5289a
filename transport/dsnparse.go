package transport

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// ParseDSN parses a DSN as Raven for Python does, and accepts IPv6 hosts as
// well. It ignores white space around the DSN, takes keys literally, makes the
// host lower case, keeps a default port, and drops port 0, the fragment and
// options without a value. It checks the form only. [Registry.Open] checks
// whether a transport is registered for the scheme and whether the options are
// valid.
//
// Every error is a *[DSNError], which never shows the secret.
func ParseDSN(s string) (*DSN, error) {
	rest := strings.TrimSpace(s)
	if rest == "" {
		return nil, &DSNError{Part: "dsn", Reason: "is empty; want https://PUBLIC_KEY@HOST/PROJECT_ID"}
	}
	if err := checkPasted(rest); err != nil {
		return nil, err
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	scheme, rest, ok := strings.Cut(rest, "://")
	if !ok {
		return nil, &DSNError{Part: "scheme", Reason: "is missing; a DSN begins with http:// or https://, or with a transport's name as in sync+https://"}
	}
	d := &DSN{Scheme: strings.ToLower(scheme)}
	if err := checkScheme(d.Scheme); err != nil {
		return nil, err
	}
	authority, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	if err := d.parseAuthority(authority); err != nil {
		return nil, err
	}
	if err := d.parsePath(path); err != nil {
		return nil, err
	}
	if err := d.parseOptions(query); err != nil {
		return nil, err
	}
	return d, nil
}

// assignment matches the start of a shell assignment or of a line in a settings
// file.
var assignment = regexp.MustCompile(`(?i)^((?:export\s+)?\w*DSN)\s*=`)

const quotes = `"'` + "`"

// checkPasted refuses a DSN that was copied together with text around it.
func checkPasted(s string) error {
	if found := assignment.FindStringSubmatch(s); found != nil {
		return &DSNError{Part: "dsn", Reason: fmt.Sprintf("begins with %s=; remove that", found[1])}
	}
	if strings.ContainsAny(s[:1], quotes) || strings.ContainsAny(s[len(s)-1:], quotes) {
		return &DSNError{Part: "dsn", Reason: "is in quotation marks; remove them"}
	}
	return nil
}

// checkPlaceholder refuses a placeholder such as <key>.
func checkPlaceholder(part, value string) error {
	if strings.ContainsAny(value, "<>") {
		return &DSNError{Part: part, Value: value, Reason: "has angle brackets; replace the placeholder with its value"}
	}
	return nil
}

// offending quotes the first character for which bad returns true.
func offending(s string, bad func(rune) bool) string {
	for _, r := range s {
		if bad(r) {
			return fmt.Sprintf("%q", r)
		}
	}
	return ""
}

func checkScheme(scheme string) error {
	// Do not show more: the text before "://" may be the keys.
	if c := offending(scheme, notOfSchemes); c != "" {
		return &DSNError{Part: "scheme", Reason: "contains the invalid character " + c + "; allowed are letters, digits, '+', '-' and '.', as in sync+https://"}
	}
	base := scheme[strings.LastIndexByte(scheme, '+')+1:]
	if base != "http" && base != "https" {
		return &DSNError{Part: "scheme", Value: scheme, Reason: "does not end in http or https; use http, https, or a transport's name and one of them, as in sync+https"}
	}
	return nil
}

func notOfSchemes(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("+-.", r)
}

func (d *DSN) parseAuthority(authority string) error {
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		return &DSNError{Part: "public key", Reason: "is missing; put it before the host, as in https://PUBLIC_KEY@HOST/PROJECT_ID"}
	}
	public, secret, _ := strings.Cut(authority[:at], ":")
	d.PublicKey, d.SecretKey = public, NewSecret(secret)
	if public == "" {
		return &DSNError{Part: "public key", Reason: "is empty; put it before the host, as in https://PUBLIC_KEY@HOST/PROJECT_ID"}
	}
	if err := checkPlaceholder("public key", public); err != nil {
		return err
	}
	if c := offending(authority[:at], unprintable); c != "" {
		return &DSNError{Part: "keys", Reason: "contain white space or a control character, " + c}
	}
	host, err := parseHost(authority[at+1:])
	d.Host = host
	return err
}

func unprintable(r rune) bool { return r <= ' ' || r == 0x7f }

func notOfHosts(r rune) bool { return unprintable(r) || strings.ContainsRune("\"<>\\^`{|}%", r) }

func parseHost(hostport string) (string, error) {
	host, port := hostport, ""
	if i := strings.LastIndexByte(hostport, ':'); i > strings.LastIndexByte(hostport, ']') {
		host, port = hostport[:i], hostport[i+1:]
	}
	host = strings.ToLower(host)
	if err := checkPlaceholder("host", host); err != nil {
		return "", err
	}
	switch c := offending(host, notOfHosts); {
	case host == "":
		return "", &DSNError{Part: "host", Reason: "is missing; put it after the '@', as in https://PUBLIC_KEY@HOST/PROJECT_ID"}
	case c != "":
		return "", &DSNError{Part: "host", Value: host, Reason: "contains the invalid character " + c}
	case strings.HasPrefix(host, "[") != strings.HasSuffix(host, "]"),
		strings.HasPrefix(host, "[") && net.ParseIP(strings.Trim(host, "[]")) == nil,
		!strings.HasPrefix(host, "[") && strings.ContainsAny(host, ":[]"):
		return "", &DSNError{Part: "host", Value: host, Reason: "is not a host name, an IPv4 address, or an IPv6 address in brackets"}
	}
	if port == "" {
		return host, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", &DSNError{Part: "port", Value: port, Reason: "is not a number from 0 to 65535", Err: err}
	}
	if n == 0 {
		return host, nil
	}
	return host + ":" + port, nil
}

func (d *DSN) parsePath(path string) error {
	i := strings.LastIndexByte(path, '/')
	if i < 0 || i == len(path)-1 {
		return &DSNError{Part: "project", Reason: "is missing; put it at the end of the path, as in https://PUBLIC_KEY@HOST/PROJECT_ID, without a '/' at the end"}
	}
	if err := checkPlaceholder("project", path[i+1:]); err != nil {
		return err
	}
	if c := offending(path[i+1:], func(r rune) bool { return strings.ContainsRune(quotes, r) }); c != "" {
		return &DSNError{Part: "project", Reason: "contains a quotation mark, " + c + "; remove it"}
	}
	if c := offending(path, unprintable); c != "" {
		return &DSNError{Part: "path", Reason: "contains white space or a control character, " + c}
	}
	d.Path, d.ProjectID = strings.TrimRight(path[:i], "/"), path[i+1:]
	return nil
}

func (d *DSN) parseOptions(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return &DSNError{Part: "options", Reason: "are not a valid query string; escape '%', ';' and '&' in values"}
	}
	for name, given := range values {
		kept := given[:0]
		for _, v := range given {
			if strings.TrimSpace(v) != "" {
				kept = append(kept, v)
			}
		}
		if values[name] = kept; len(kept) == 0 {
			delete(values, name)
		}
	}
	d.Options = values
	return nil
}
