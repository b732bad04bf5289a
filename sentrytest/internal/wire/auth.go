package wire

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// The sources of auth, with the names that package sentrytest gives its users.
const (
	fromHeader        = "X-Sentry-Auth"
	fromAuthorization = "Authorization"
	fromBasic         = "Basic"
	fromQuery         = "query"
	fromEnvelope      = "envelope"
)

const maxProtocolVersion = 7

// MissingAuth is the detail of the refusal of a request without auth.
const MissingAuth = "missing authorization information"

const (
	badAuthHeader   = "bad x-sentry-auth header"
	badEnvelopeAuth = "bad envelope authentication header"
	multipleAuth    = "multiple authorization payloads detected"
)

// Auth is what a client said about itself.
type Auth struct {
	Source  string
	Key     string
	Secret  string
	Client  string
	Version int
	Pairs   map[string]string
}

// AuthOfRequest reads the auth from the request's headers and query. It returns
// nil when there is none, since the envelope's header may have it, and a
// refusal when there is more than one. With queryWins it takes the first of
// query, X-Sentry-Auth and Authorization instead. See docs/protocol.md,
// "Authentication".
func AuthOfRequest(header http.Header, query string, queryWins bool) (*Auth, *Refusal) {
	var found []*Auth
	if pairs, ok := parseAuthHeader(header.Get("X-Sentry-Auth")); ok {
		found = append(found, &Auth{Source: fromHeader, Pairs: pairs})
	}
	authorization := header.Get("Authorization")
	if pairs, ok := parseAuthHeader(authorization); ok {
		found = append(found, &Auth{Source: fromAuthorization, Pairs: pairs})
	} else if pairs, ok := parseBasic(authorization); ok {
		found = append(found, &Auth{Source: fromBasic, Pairs: pairs})
	}
	if strings.Contains(query, "sentry_") {
		found = append(found, &Auth{Source: fromQuery, Pairs: parseAuthQuery(query)})
		if queryWins {
			found = found[len(found)-1:]
		}
	}
	if queryWins && len(found) > 1 {
		found = found[:1]
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return found[0], found[0].fill()
	default:
		return nil, Unauthorized(multipleAuth)
	}
}

// fill reads the pairs into the fields.
func (a *Auth) fill() *Refusal {
	a.Key = a.Pairs["sentry_key"]
	a.Secret = a.Pairs["sentry_secret"]
	a.Client = a.Pairs["sentry_client"]
	a.Version = maxProtocolVersion
	if text, ok := a.Pairs["sentry_version"]; ok {
		// Old clients write 2.0 and 7.0; the digits after the point do not
		// count.
		number, _, _ := strings.Cut(text, ".")
		version, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return Unauthorized(badAuthHeader, fmt.Sprintf("invalid sentry_version %q", text))
		}
		a.Version = int(version)
	}
	if a.Key == "" {
		return Unauthorized(badAuthHeader, "missing public key in auth header")
	}
	if a.Version > maxProtocolVersion {
		return BadRequest(fmt.Sprintf("unsupported protocol version (%d)", a.Version))
	}
	return nil
}

// parseAuthHeader reads "Sentry k=v, k=v". It reports false for another scheme,
// which counts as absent. A value ends at the next "=", the last of two equal
// keys wins, and unknown keys are kept.
func parseAuthHeader(value string) (map[string]string, bool) {
	const scheme = "sentry "
	if len(value) < len(scheme) || !strings.EqualFold(value[:len(scheme)], scheme) {
		return nil, false
	}
	pairs := map[string]string{}
	for part := range strings.SplitSeq(value[len(scheme):], ",") {
		key, rest, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || key == "" {
			continue
		}
		text, _, _ := strings.Cut(rest, "=")
		pairs[key] = text
	}
	return pairs, true
}

// parseBasic reads the user name of HTTP basic auth as the public key.
func parseBasic(value string) (map[string]string, bool) {
	const scheme = "basic "
	if len(value) < len(scheme) || !strings.EqualFold(value[:len(scheme)], scheme) {
		return nil, false
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value[len(scheme):]))
	if err != nil {
		return nil, true
	}
	user, _, _ := strings.Cut(string(raw), ":")
	return map[string]string{"sentry_key": user}, true
}

// parseAuthQuery picks the sentry_ parameters; sentry_data is a payload, not
// auth.
func parseAuthQuery(query string) map[string]string {
	// A malformed query still has its valid parts.
	values, _ := url.ParseQuery(query)
	pairs := map[string]string{}
	for key, vs := range values {
		if strings.HasPrefix(key, "sentry_") && key != "sentry_data" {
			pairs[key] = vs[len(vs)-1]
		}
	}
	return pairs
}

// ParseDSN reads the dsn of an envelope's header.
func ParseDSN(dsn string) (key, secret, project string, err error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return "", "", "", err
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", "", "", fmt.Errorf("invalid scheme %q in dsn: want http or https", u.Scheme)
	}
	key = u.User.Username()
	secret, _ = u.User.Password()
	project = u.Path[strings.LastIndex(u.Path, "/")+1:]
	if key == "" || u.Host == "" || project == "" {
		return "", "", "", errors.New("incomplete dsn: want http://key@host/project")
	}
	return key, secret, project, nil
}

// AuthOfDSN returns the auth in the dsn of an envelope.
func AuthOfDSN(dsn string) (*Auth, *Refusal) {
	key, secret, _, err := ParseDSN(dsn)
	if err != nil {
		return nil, Unauthorized(badEnvelopeAuth, err.Error())
	}
	a := &Auth{Source: fromEnvelope, Key: key, Secret: secret, Version: maxProtocolVersion}
	a.Pairs = map[string]string{"dsn": dsn}
	return a, nil
}

// AuthOfHeader returns the auth in the header of an envelope whose request has
// none. header is what precedes err, which may be nil.
func AuthOfHeader(header Header, err *Defect) (*Auth, *Refusal) {
	if err != nil && err.Reason == invalidEnvelopeHeader {
		return nil, Unauthorized(badEnvelopeAuth, err.causes()...)
	}
	if header.DSN == "" {
		return nil, Unauthorized(MissingAuth)
	}
	return AuthOfDSN(header.DSN)
}

// Anonymous returns the auth of a request that has none and needs none.
func Anonymous(key string) *Auth { return &Auth{Key: key, Version: maxProtocolVersion} }

// SplitClient splits sentry_client at "/", or else at a space, for an event
// without sdk.
func SplitClient(client string) (name, version string) {
	if name, version, ok := strings.Cut(client, "/"); ok {
		return name, version
	}
	name, version, _ = strings.Cut(client, " ")
	return name, version
}
