package transport

import (
	"encoding/base64"
	"net/url"
	"strings"
)

// secretsOf returns the secrets in a packet's X-Sentry-Auth: the DSN's secret
// key, or, if the header has no sentry_key, the text after its scheme.
func secretsOf(p *Packet) []string {
	var secrets []string
	for _, auth := range p.Header["X-Sentry-Auth"] {
		_, secret, found := strings.Cut(auth, "sentry_secret=")
		switch {
		case found:
			secret, _, _ = strings.Cut(secret, ",")
		case !strings.Contains(auth, "sentry_key="):
			scheme, credentials, two := strings.Cut(auth, " ")
			if secret = credentials; !two {
				secret = scheme
			}
		}
		if secret = strings.TrimSpace(secret); secret != "" {
			secrets = append(secrets, secret)
		}
	}
	return secrets
}

// proxySecrets returns the password in a proxy's URL, as it is and in the form
// of Basic authentication.
func proxySecrets(proxy string) []string {
	u, err := url.Parse(proxy)
	if err != nil || u.User == nil {
		return nil
	}
	password, _ := u.User.Password()
	if password == "" {
		return nil
	}
	return []string{password, base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password))}
}

// shortestSecret is the shortest text that is masked in servers' answers:
// shorter texts occur in too many words.
const shortestSecret = 4

// hide masks secrets in the text of a server or a proxy, which may repeat a
// request.
func hide(s string, secrets []string) string {
	for _, secret := range secrets {
		if len(secret) < shortestSecret {
			continue
		}
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			s = strings.ReplaceAll(s, form, mask)
		}
	}
	return s
}

// quietError is an error whose text contained a secret.
type quietError struct {
	text string
	err  error
}

func (e *quietError) Error() string { return e.text }
func (e *quietError) Unwrap() error { return e.err }

// quiet masks secrets in the text of an error, such as the error of an answer
// that is not HTTP. The cause keeps its type.
func quiet(err error, secrets []string) error {
	text := err.Error()
	if shown := hide(text, secrets); shown != text {
		return &quietError{shown, err}
	}
	return err
}
