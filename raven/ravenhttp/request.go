package ravenhttp

import (
	"cmp"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven"
)

// Request describes a request that a server received: URL, method, query,
// headers without cookies, and the remote address. The host comes from
// X-Forwarded-Host, else from Host, without the scheme's default port, as in
// Raven for Python. The body is not read. Request reads r at once; r must not
// change meanwhile.
func Request(r *http.Request) *raven.Request {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	if s := strings.ToLower(r.Header.Get("X-Forwarded-Proto")); s == "http" || s == "https" {
		scheme = s
	}
	host := cmp.Or(r.Header.Get("X-Forwarded-Host"), r.Host)
	u := cmp.Or(r.URL, new(url.URL))
	return &raven.Request{
		URL:         scheme + "://" + withoutPort(host, scheme) + u.EscapedPath(),
		Method:      r.Method,
		QueryString: u.RawQuery,
		Headers:     headers(r.Header),
		Env:         environ(r),
	}
}

func withoutPort(host, scheme string) string {
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

func headers(from http.Header) map[string]string {
	h := make(map[string]string, len(from))
	for name, values := range from {
		if name != "Cookie" {
			h[name] = strings.Join(values, ", ")
		}
	}
	return h
}

// environ returns the variables that Raven for Python sends, and no others.
func environ(r *http.Request) map[string]string {
	env := map[string]string{}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		env["REMOTE_ADDR"] = host
	}
	// Context and listener may be the program's own.
	guard.Do(func() {
		if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			if host, port, err := net.SplitHostPort(local.String()); err == nil {
				env["SERVER_NAME"], env["SERVER_PORT"] = host, port
			}
		}
	})
	return env
}
