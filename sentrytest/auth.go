package sentrytest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Where a request's auth came from, as [Request.AuthSource] names it (protocol section 1.3).
const (
	AuthSourceHeader        = "X-Sentry-Auth" // X-Sentry-Auth: Sentry …
	AuthSourceAuthorization = "Authorization" // Authorization: Sentry …
	AuthSourceBasic         = "Basic"         // Authorization: Basic …
	AuthSourceQuery         = "query"         // ?sentry_key=…
	AuthSourceEnvelope      = "envelope"      // the dsn in the envelope's header
)

const (
	maxProtocolVersion = 7

	badAuthHeader   = "bad x-sentry-auth header"
	badEnvelopeAuth = "bad envelope authentication header"
	missingAuth     = "missing authorization information"
	multipleAuth    = "multiple authorization payloads detected"
)

// auth is what a client said about itself.
type auth struct {
	source  string
	key     string
	secret  string
	client  string
	version int
	pairs   map[string]string
}

// requestAuth reads the auth from the request's headers and query. It returns nil when there is none, which
// on the envelope endpoint leaves the envelope's own header, and a refusal when there is more than one.
func requestAuth(header http.Header, query string, queryWins bool) (*auth, *refusal) {
	var found []*auth
	if pairs, ok := parseAuthHeader(header.Get("X-Sentry-Auth")); ok {
		found = append(found, &auth{source: AuthSourceHeader, pairs: pairs})
	}
	authorization := header.Get("Authorization")
	if pairs, ok := parseAuthHeader(authorization); ok {
		found = append(found, &auth{source: AuthSourceAuthorization, pairs: pairs})
	} else if pairs, ok := parseBasic(authorization); ok {
		found = append(found, &auth{source: AuthSourceBasic, pairs: pairs})
	}
	if strings.Contains(query, "sentry_") {
		found = append(found, &auth{source: AuthSourceQuery, pairs: parseAuthQuery(query)})
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
		return nil, unauthorized(multipleAuth)
	}
}

// fill reads the pairs into the fields.
func (a *auth) fill() *refusal {
	a.key = a.pairs["sentry_key"]
	a.secret = a.pairs["sentry_secret"]
	a.client = a.pairs["sentry_client"]
	a.version = maxProtocolVersion
	if text, ok := a.pairs["sentry_version"]; ok {
		// 2.0 and 7.0 are spelled that way by old clients; what follows the point says nothing.
		number, _, _ := strings.Cut(text, ".")
		version, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return unauthorized(badAuthHeader, fmt.Sprintf("invalid sentry_version %q", text))
		}
		a.version = int(version)
	}
	if a.key == "" {
		return unauthorized(badAuthHeader, "missing public key in auth header")
	}
	if a.version > maxProtocolVersion {
		return badRequest(fmt.Sprintf("unsupported protocol version (%d)", a.version))
	}
	return nil
}

// parseAuthHeader reads "Sentry k=v, k=v". It reports false for a header that is not of this scheme, which
// counts as absent. A value ends at the next "=", the last of two equal keys wins, and keys that
// nobody knows are kept for the record only.
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

// parseAuthQuery picks the sentry_ parameters; sentry_data is a payload, not auth.
func parseAuthQuery(query string) map[string]string {
	// A query that is malformed in one place still says what it says in the others.
	values, _ := url.ParseQuery(query)
	pairs := map[string]string{}
	for key, vs := range values {
		if strings.HasPrefix(key, "sentry_") && key != "sentry_data" {
			pairs[key] = vs[len(vs)-1]
		}
	}
	return pairs
}

// parseDSN reads the dsn of an envelope's header: its public key and its project.
func parseDSN(dsn string) (key, secret, project string, err error) {
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

// envelopeAuth makes the auth of a request that carries none outside its envelope.
func envelopeAuth(dsn string) (*auth, *refusal) {
	key, secret, _, err := parseDSN(dsn)
	if err != nil {
		return nil, unauthorized(badEnvelopeAuth, err.Error())
	}
	a := &auth{source: AuthSourceEnvelope, key: key, secret: secret, version: maxProtocolVersion}
	a.pairs = map[string]string{"dsn": dsn}
	return a, nil
}

// splitClient splits sentry_client, which serves as event.sdk when the event has none: once at "/", else
// once at a space.
func splitClient(client string) (name, version string) {
	if name, version, ok := strings.Cut(client, "/"); ok {
		return name, version
	}
	name, version, _ = strings.Cut(client, " ")
	return name, version
}
