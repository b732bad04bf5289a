package sentrytest

import (
	"net/url"
	"strings"
)

// DSNOption changes the DSN that [Server.DSN] returns. A nil DSNOption is
// skipped.
type DSNOption func(*dsnParts)

type dsnParts struct {
	scheme    string
	host      string
	transport string
	key       string
	secret    string
	path      string
	project   string
	query     url.Values

	secureHost string // of ListenTLS
}

// DSNScheme puts the name of a transport before the scheme: DSNScheme("sync")
// gives sync+http://… or, on a TLS server, sync+https://…. The empty name gives
// the bare scheme, which is the default.
func DSNScheme(transport string) DSNOption {
	return func(d *dsnParts) { d.transport = transport }
}

// DSNParam adds an option to the DSN's query and escapes it. A key that is
// given twice is sent twice.
func DSNParam(key, value string) DSNOption {
	return func(d *dsnParts) { d.query.Add(key, value) }
}

// DSNSecret adds a secret key, the deprecated second half of a DSN's
// credentials. The server accepts any.
func DSNSecret(secret string) DSNOption {
	return func(d *dsnParts) { d.secret = secret }
}

// DSNProject replaces the project id of the server. The server accepts any.
func DSNProject(id string) DSNOption {
	return func(d *dsnParts) { d.project = id }
}

// DSNKey replaces the public key of the server. The server accepts any.
func DSNKey(key string) DSNOption {
	return func(d *dsnParts) { d.key = key }
}

// DSNPath puts a path before the project id, as for a Sentry that is mounted
// below the root of its host: DSNPath("pre/fix") gives
// http://key@host/pre/fix/1. The server accepts any.
func DSNPath(path string) DSNOption {
	return func(d *dsnParts) { d.path = strings.Trim(path, "/") }
}

// DSN returns a DSN that leads to this server: its own random public key and
// project 1, unless options say otherwise. Its form is
// scheme://key[:secret]@host:port[/path]/project[?options].
func (s *Server) DSN(opts ...DSNOption) string { return s.dsn(s.key, s.project, opts) }

func (s *Server) dsn(key, project string, opts []DSNOption) string {
	d := dsnParts{
		scheme: s.scheme(), host: s.host, key: key, project: project, query: url.Values{}, secureHost: s.secure.host,
	}
	for _, opt := range opts {
		if opt != nil {
			opt(&d)
		}
	}
	u := url.URL{Scheme: d.scheme, Host: d.host, Path: "/" + d.project, RawQuery: d.query.Encode()}
	if d.path != "" {
		u.Path = "/" + d.path + u.Path
	}
	if d.transport != "" {
		u.Scheme = d.transport + "+" + u.Scheme
	}
	u.User = url.User(d.key)
	if d.secret != "" {
		u.User = url.UserPassword(d.key, d.secret)
	}
	return u.String()
}
