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

// Guard decides who may read and change what the server keeps. Events hold what programs know, so it is nobody's but the
// server's own page, programs that are not browsers, and pages of origins that were allowed. Those may read, and change
// nothing.
//
// A browser says where a request comes from. A page of another site can still make the browser believe that its own host
// name leads to this server (DNS rebinding), so requests have to name a host that nobody else can own: an IP address, a
// name without dots, localhost or a name below it, a name below .internal, or one of the server's own.
//
// Make one with [NewGuard].
type Guard struct {
	origins []string // that are allowed besides the server's own, such as "https://app.test:3000"; "*" allows all
	hosts   []string // host names of the server, such as that of its public URL; "*.x" is any label before .x
}

// NewGuard returns a guard that allows the origins, and knows the host names as the server's. Each origin has to be a
// scheme and a host, without a path, or "*". Both may be written as people write them, with capitals, default ports and
// letters outside ASCII.
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

// originOf writes an origin as browsers send it.
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

// hostName writes a host name as browsers send it.
func hostName(name string) string {
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if ascii, err := idna.Punycode.ToASCII(name); err == nil {
		return ascii
	}
	return name
}

// Protect returns a handler that lets through to next what the guard allows, with the CORS headers of allowed origins,
// and refuses the rest with 403.
func (g Guard) Protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.ownsHost(r.Host) {
			fail(w, http.StatusForbidden, fmt.Errorf("%q is not known as a name of this server: give it by --public-url or --san, or use its IP address", r.Host))
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
				fail(w, http.StatusForbidden, fmt.Errorf("pages of %s may read, and change nothing: only the server's own page and programs may", origin))
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

// sameOrigin reports whether a page of the origin is one of this server under the name that the request gives it.
// Behind a proxy the scheme may differ, which does not make it somebody else's.
func sameOrigin(origin string, r *http.Request) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// crossSite reports whether a browser made the request for a page of another site without saying which, as it does for
// images and scripts. Following a link to here is no such thing.
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
