package transport

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"
)

// DSN says where events go, who sends them, and which transport delivers them:
// TRANSPORT+SCHEME://PUBLIC[:SECRET]@HOST[:PORT][/PATH]/PROJECT[?OPTIONS].
// [ParseDSN] makes one. Do not change a DSN; change a Clone.
//
// Printing a DSN masks its secret and the passwords in its options. The secret
// is always masked. The passwords in the options are not masked where fmt can
// call no method of the DSN: when Options is printed alone, or when a DSN, not
// a *DSN, is in an unexported field of a struct.
type DSN struct {
	// Scheme is the complete scheme in lower case: "https", "sync+https",
	// "threaded+requests+http".
	Scheme string
	// Host is the host in lower case, with the port if one is given. IPv6
	// literals keep their brackets.
	Host string
	// Path is the path between host and project: "" or "/prefix".
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

// BaseURL returns the URL that the API's paths are appended to, without a slash
// at its end and without the transport's name. For
// sync+https://key@host/prefix/1 it is https://host/prefix.
func (d *DSN) BaseURL() string { return d.baseScheme() + "://" + d.Host + d.Path }

// StoreURL returns the store endpoint, which takes one JSON event per request.
func (d *DSN) StoreURL() string { return d.endpoint("store") }

// EnvelopeURL returns the envelope endpoint.
func (d *DSN) EnvelopeURL() string { return d.endpoint("envelope") }

func (d *DSN) endpoint(name string) string {
	return d.projectURL() + name + "/"
}

func (d *DSN) projectURL() string { return d.BaseURL() + "/api/" + d.ProjectID + "/" }

func (d *DSN) baseScheme() string {
	return d.Scheme[strings.LastIndexByte(d.Scheme, '+')+1:]
}

// Public returns the DSN without secret, transport and options, which may be
// shown to a browser. It begins with "//", after scheme and a colon if scheme
// is not empty.
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

// Option returns the value of an option, or "". The last value counts if
// several are given, as in Raven for Python.
func (d *DSN) Option(name string) string { return lastOf(d.Options[name]) }

func lastOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// String returns the DSN with its secret and the passwords in its options
// masked. DSNs in options are masked in the same way.
func (d DSN) String() string {
	keys := d.PublicKey
	if !d.SecretKey.IsZero() {
		keys += ":" + d.SecretKey.String()
	}
	s := d.Scheme + "://" + keys + "@" + d.Host + d.Path + "/" + d.ProjectID
	if len(d.Options) == 0 {
		return s
	}
	shown := make(url.Values, len(d.Options))
	for name, values := range d.Options {
		for _, v := range values {
			shown.Add(name, redact(v))
		}
	}
	return s + "?" + shown.Encode()
}

// Reveal returns the DSN with its secret. [ParseDSN] parses it to the same DSN.
func (d *DSN) Reveal() string {
	s := d.Scheme + "://" + d.PublicKey
	if !d.SecretKey.IsZero() {
		s += ":" + d.SecretKey.Reveal()
	}
	s += "@" + d.Host + d.Path + "/" + d.ProjectID
	if len(d.Options) == 0 {
		return s
	}
	return s + "?" + d.Options.Encode()
}

// Format prints the masked form for every verb.
func (d DSN) Format(f fmt.State, verb rune) { format(f, verb, d.String()) }

// MarshalText returns the masked form.
func (d DSN) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// LogValue returns the masked form for log/slog.
func (d DSN) LogValue() slog.Value { return slog.StringValue(d.String()) }
