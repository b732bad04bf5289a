package transport

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// DSN is where events go, who sends them, and which transport takes them
// there: TRANSPORT+SCHEME://PUBLIC[:SECRET]@HOST[:PORT][/PATH]/PROJECT[?OPTIONS].
// [ParseDSN] makes one. Treat it as immutable; Clone it to change it. Printing
// a DSN masks its secret, and the passwords in its options; Options printed by
// itself is not masked.
type DSN struct {
	// Scheme is the whole of it, in lower case: "https", "sync+https",
	// "threaded+requests+http".
	Scheme string
	// Host is the host in lower case with the port as it was given; IPv6
	// literals keep their brackets.
	Host string
	// Path is what stands between host and project, "" or "/prefix".
	Path string
	// PublicKey identifies the project's client. It is not a secret.
	PublicKey string
	// SecretKey is the deprecated second key, "" where the DSN has none.
	SecretKey Secret
	// ProjectID is the last segment of the path.
	ProjectID string
	// Options are the query's parameters that have a value.
	Options url.Values
}

// ParseDSN reads a DSN as the reference client does (white space around it is
// ignored, keys are taken literally, the host is lower-cased, a port is kept
// even where it is the default, port 0 and a fragment are dropped, options
// without a value are dropped), except that IPv6 hosts work. It checks the
// form only: whether a transport is registered for the scheme, and whether the
// options suit it, is [Registry.Open]'s to say.
//
// Every error is a *[DSNError], which never shows the secret.
func ParseDSN(s string) (*DSN, error) {
	rest := strings.TrimSpace(s)
	if rest == "" {
		return nil, &DSNError{Part: "dsn", Reason: "is empty; it looks like https://PUBLIC_KEY@HOST/PROJECT_ID"}
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

func checkScheme(scheme string) error {
	for _, r := range scheme {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("+-.", r) {
			// Not shown: what stands before "://" by mistake may be the keys.
			return &DSNError{Part: "scheme", Reason: "has a character that no scheme may have; allowed are letters, digits, '+', '-' and '.', as in sync+https://"}
		}
	}
	base := scheme[strings.LastIndexByte(scheme, '+')+1:]
	if base != "http" && base != "https" {
		return &DSNError{Part: "scheme", Value: scheme, Reason: "does not end in http or https; write https, http, or a transport's name before them as in sync+https"}
	}
	return nil
}

func (d *DSN) parseAuthority(authority string) error {
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		return &DSNError{Part: "public key", Reason: "is missing; it stands before the host as in https://PUBLIC_KEY@HOST/PROJECT_ID"}
	}
	public, secret, _ := strings.Cut(authority[:at], ":")
	d.PublicKey, d.SecretKey = public, Secret(secret)
	if public == "" {
		return &DSNError{Part: "public key", Reason: "is empty; it stands before the host as in https://PUBLIC_KEY@HOST/PROJECT_ID"}
	}
	if i := strings.IndexFunc(authority[:at], unprintable); i >= 0 {
		return &DSNError{Part: "keys", Reason: "contain white space or a control character"}
	}
	host, err := parseHost(authority[at+1:])
	d.Host = host
	return err
}

func unprintable(r rune) bool { return r <= ' ' || r == 0x7f }

func parseHost(hostport string) (string, error) {
	host, port := hostport, ""
	if i := strings.LastIndexByte(hostport, ':'); i > strings.LastIndexByte(hostport, ']') {
		host, port = hostport[:i], hostport[i+1:]
	}
	host = strings.ToLower(host)
	switch {
	case host == "":
		return "", &DSNError{Part: "host", Reason: "is missing; it stands after the '@' as in https://PUBLIC_KEY@HOST/PROJECT_ID"}
	case strings.HasPrefix(host, "[") != strings.HasSuffix(host, "]"),
		strings.HasPrefix(host, "[") && net.ParseIP(strings.Trim(host, "[]")) == nil,
		!strings.HasPrefix(host, "[") && strings.ContainsAny(host, ":[]\"<>\\^`{|}%"),
		strings.IndexFunc(host, unprintable) >= 0:
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
		return &DSNError{Part: "project", Reason: "is missing; it is the last part of the path as in https://PUBLIC_KEY@HOST/PROJECT_ID, with no '/' behind it"}
	}
	if strings.IndexFunc(path, unprintable) >= 0 {
		return &DSNError{Part: "path", Reason: "contains white space or a control character"}
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

// BaseURL returns the URL that the API's paths are appended to, without a
// slash at its end and without the transport's name:
// sync+https://key@host/prefix/1 has https://host/prefix.
func (d *DSN) BaseURL() string { return d.baseScheme() + "://" + d.Host + d.Path }

// StoreURL returns the endpoint that takes one JSON event a request
// (protocol 1.2).
func (d *DSN) StoreURL() string { return d.endpoint("store") }

// EnvelopeURL returns the endpoint that takes envelopes (protocol 1.2).
func (d *DSN) EnvelopeURL() string { return d.endpoint("envelope") }

func (d *DSN) endpoint(name string) string {
	return d.projectURL() + name + "/"
}

func (d *DSN) projectURL() string { return d.BaseURL() + "/api/" + d.ProjectID + "/" }

func (d *DSN) baseScheme() string {
	return d.Scheme[strings.LastIndexByte(d.Scheme, '+')+1:]
}

// Public returns the DSN that may be shown to a browser: without secret,
// transport and options. It begins with "//"; a scheme, where one is given,
// is put before that.
func (d *DSN) Public(scheme string) string {
	if scheme != "" {
		scheme += ":"
	}
	return scheme + "//" + d.PublicKey + "@" + d.Host + d.Path + "/" + d.ProjectID
}

// Clone returns a copy that shares nothing with d.
func (d *DSN) Clone() *DSN {
	c := *d
	c.Options = make(url.Values, len(d.Options))
	for name, values := range d.Options {
		c.Options[name] = append([]string(nil), values...)
	}
	return &c
}

// Option returns the value that counts for an option: the last one given, as
// in the reference, or "".
func (d *DSN) Option(name string) string { return lastOf(d.Options[name]) }

func lastOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// String returns the DSN with its secret masked, and with the passwords of
// option values that are URLs masked too.
func (d DSN) String() string {
	keys := d.PublicKey
	if d.SecretKey != "" {
		keys += ":" + d.SecretKey.String()
	}
	s := d.Scheme + "://" + keys + "@" + d.Host + d.Path + "/" + d.ProjectID
	if len(d.Options) == 0 {
		return s
	}
	shown := make(url.Values, len(d.Options))
	for name, values := range d.Options {
		for _, v := range values {
			shown.Add(name, redactURL(v))
		}
	}
	return s + "?" + shown.Encode()
}

// Reveal returns the DSN with its secret: what [ParseDSN] reads back as the
// same DSN.
func (d *DSN) Reveal() string {
	s := d.Scheme + "://" + d.PublicKey
	if d.SecretKey != "" {
		s += ":" + d.SecretKey.Reveal()
	}
	s += "@" + d.Host + d.Path + "/" + d.ProjectID
	if len(d.Options) == 0 {
		return s
	}
	return s + "?" + d.Options.Encode()
}

// Format prints the masked form for every verb.
func (d DSN) Format(f fmt.State, verb rune) {
	if verb == 'q' || (verb == 'v' && f.Flag('#')) {
		fmt.Fprintf(f, "%q", d.String())
		return
	}
	fmt.Fprint(f, d.String())
}

// MarshalText returns the masked form.
func (d DSN) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// LogValue returns the masked form for log/slog.
func (d DSN) LogValue() slog.Value { return slog.StringValue(d.String()) }

// redactURL masks the password of a value that is a URL with one.
func redactURL(v string) string {
	scheme, rest, ok := strings.Cut(v, "://")
	if !ok {
		return v
	}
	authority, path, slash := strings.Cut(rest, "/")
	at := strings.LastIndexByte(authority, '@')
	user, _, hasPassword := strings.Cut(authority[:max(at, 0)], ":")
	if !hasPassword {
		return v
	}
	v = scheme + "://" + user + ":" + mask + authority[at:]
	if slash {
		v += "/" + path
	}
	return v
}
