package api

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// Guard decides which requests may read and change the server's contents.
// Events hold internal data of programs. Programs that are not browsers and the
// server's own page may read and change them. Pages of allowed origins may only
// read.
//
// Browsers name the origin of a request. But a page of another site can point
// its own host name to this server (DNS rebinding), and the browser then
// believes that both are the same site. So a request must name a host that
// nobody else can own: an IP address, a name without dots, localhost or a name
// below it, a name below .internal, or a configured name of the server.
//
// Make one with [NewGuard].
type Guard struct {
	origins []string // allowed besides the server's own, for example "https://app.test:3000"; "*" allows all
	hosts   []string // host names of the server, such as that of its public URL; "*.x" matches any label before .x
}

// NewGuard returns a guard that allows the origins, and accepts the host names
// as the server's. An origin is a scheme and a host, without a path, or "*".
// Capitals, default ports and letters outside ASCII are accepted in both.
func NewGuard(origins, hosts []string) (Guard, error) {
	var g Guard
	for _, host := range hosts {
		g.hosts = append(g.hosts, hostName(host))
	}
	for _, text := range origins {
		origin, ok := originOf(text)
		if !ok {
			return g, fmt.Errorf("the origin %q is not of the form http://HOST:PORT or https://HOST:PORT", text)
		}
		g.origins = append(g.origins, origin)
	}
	return g, nil
}

// originOf returns an origin in the form that browsers send.
func originOf(text string) (string, bool) {
	if text == "*" {
		return text, true
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Hostname() == "" || strings.Contains(u.Host, "*") || strings.TrimSuffix(u.Path, "/") != "" ||
		u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", false
	}
	host := hostName(u.Hostname())
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && port != map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		host += ":" + port
	}
	return u.Scheme + "://" + host, true
}

// hostName returns a host name in the form that browsers send.
func hostName(name string) string {
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if ascii, err := idna.Punycode.ToASCII(name); err == nil {
		return ascii
	}
	return name
}

// Protect returns a handler that passes allowed requests to next, with the CORS
// headers for allowed origins. It refuses others with 403.
func (g Guard) Protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.ownsHost(r.Host) {
			fail(w, http.StatusForbidden, fmt.Errorf("%q is not a known name of this server: add it with --public-url or --san, or use the IP address", r.Host))
			return
		}
		origin := strings.ToLower(r.Header.Get("Origin"))
		switch {
		case origin == "" && crossSite(r), origin != "" && !sameOrigin(origin, r) && !g.allows(origin):
			fail(w, http.StatusForbidden, fmt.Errorf("pages of %s may not read events: allow it with --allow-origin", orAnother(origin)))
			return
		case origin == "", sameOrigin(origin, r):
		default:
			allow(w.Header(), r.Header.Get("Origin"))
			switch r.Method {
			case http.MethodOptions:
				w.WriteHeader(http.StatusNoContent)
				return
			case http.MethodGet, http.MethodHead:
			default:
				fail(w, http.StatusForbidden, fmt.Errorf("pages of %s may read but not change anything: only the server's own page and programs may", origin))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func orAnother(origin string) string {
	if origin == "" {
		return "another site"
	}
	return origin
}

func (g Guard) allows(origin string) bool {
	return slices.Contains(g.origins, "*") || slices.Contains(g.origins, origin)
}

func allow(h http.Header, origin string) {
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Allow-Methods", "GET")
	h.Set("Access-Control-Allow-Headers", "Content-Type, Last-Event-ID")
	h.Set("Access-Control-Max-Age", "600")
}

// sameOrigin reports whether the origin is this server, by the host that the
// request names. It ignores the scheme, which may differ behind a proxy.
func sameOrigin(origin string, r *http.Request) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// crossSite reports whether a browser made the request for a page of another
// site without an Origin header, as for images and scripts. Following a link to
// this server does not count.
func crossSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Method != http.MethodGet
}

func (g Guard) ownsHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = hostName(host)
	_, parent, dotted := strings.Cut(host, ".")
	return net.ParseIP(host) != nil || !dotted || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".internal") ||
		slices.Contains(g.hosts, host) || slices.Contains(g.hosts, "*."+parent)
}
