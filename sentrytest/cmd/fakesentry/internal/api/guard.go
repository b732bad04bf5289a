package api

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Guard decides who may read and change what the server keeps. Events hold what programs know, so it is nobody's but the
// server's own page, programs that are not browsers, and pages of origins that were allowed.
//
// A browser says where a request comes from. A page of another site can still make the browser believe that its own host
// name leads to this server (DNS rebinding), so requests have to name a host that nobody else can own: an IP address, a
// name without dots, localhost or a name below it, a name below .internal, or one of Hosts.
type Guard struct {
	Origins []string // that are allowed besides the server's own, such as "https://app.test:3000"; "*" allows all
	Hosts   []string // host names of the server, such as that of its public URL
}

// NewGuard checks the origins. Each has to be a scheme and a host, without a path, or "*".
func NewGuard(origins, hosts []string) (Guard, error) {
	g := Guard{Hosts: hosts}
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if origin != "*" && (err != nil || u.Scheme == "" || u.Host == "" || strings.TrimSuffix(u.Path, "/") != "" || u.RawQuery != "") {
			return g, fmt.Errorf("the origin %q is not of the form http://HOST:PORT or https://HOST:PORT", origin)
		}
		g.Origins = append(g.Origins, strings.ToLower(strings.TrimSuffix(origin, "/")))
	}
	return g, nil
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
		case origin != "" && g.allows(origin):
			allow(w.Header(), r.Header.Get("Origin"))
			if r.Method == http.MethodOptions {
				w.WriteHeader(http.StatusNoContent)
				return
			}
		case origin != "" && !sameOrigin(origin, r), origin == "" && crossSite(r):
			fail(w, http.StatusForbidden, fmt.Errorf("pages of %s may not read events: allow it with --allow-origin", orAnother(origin)))
			return
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
	return slices.Contains(g.Origins, "*") || slices.Contains(g.Origins, origin)
}

func allow(h http.Header, origin string) {
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
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
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	return host == "" || net.ParseIP(host) != nil || !strings.Contains(host, ".") ||
		strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".internal") || slices.Contains(g.Hosts, host)
}
