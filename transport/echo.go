package transport

import (
	"encoding/base64"
	"net/url"
	"strings"
)

// secretsOf returns the secrets that a packet's headers carry to the server:
// the secret key of a DSN, and what else follows the scheme of an X-Sentry-Auth
// that has no such key.
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

// proxySecrets returns what a proxy of the option proxy is told to know its
// user by.
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

// shortestSecret is what is looked for in the words of servers: a shorter text
// is part of too many words.
const shortestSecret = 4

// hide masks secrets in what a server or a proxy says, which may repeat what it
// was told.
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

// quietError is an error whose text repeated a secret.
type quietError struct {
	text string
	err  error
}

func (e *quietError) Error() string { return e.text }
func (e *quietError) Unwrap() error { return e.err }

// quiet masks secrets in the text of an error, such as that of an answer that
// is not HTTP. The cause keeps its type.
func quiet(err error, secrets []string) error {
	text := err.Error()
	if shown := hide(text, secrets); shown != text {
		return &quietError{shown, err}
	}
	return err
}
