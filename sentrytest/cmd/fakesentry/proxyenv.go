package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/console"
)

// loopback lists the names by which clients may reach the server of run.
var loopback = []string{"127.0.0.1", "localhost", "::1"}

// proxyNames are the variables for a proxy that clients use for http. Clients
// differ in whether they read capitals.
var proxyNames = []string{"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}

// pastProxies adds loopback to the hosts that are reached without a proxy, if
// the environment names a proxy. It sets no_proxy and NO_PROXY to the union of
// both, because some clients read the one and some the other.
func pastProxies(environ []string) []string {
	if len(proxies(environ)) == 0 {
		return environ
	}
	var direct []string
	entries := strings.FieldsFunc(lookUp(environ, "no_proxy")+","+lookUp(environ, "NO_PROXY"), func(r rune) bool { return r == ',' || r == ' ' })
	for _, name := range slices.Concat(entries, loopback) {
		switch {
		case name == "*":
			return environ
		case !slices.Contains(direct, name):
			direct = append(direct, name)
		}
	}
	list := strings.Join(direct, ",")
	return append(environ, "no_proxy="+list, "NO_PROXY="+list)
}

// lookUp returns the last value of a variable; later entries override earlier
// ones.
func lookUp(environ []string, name string) (value string) {
	for _, pair := range environ {
		if v, ok := strings.CutPrefix(pair, name+"="); ok {
			value = v
		}
	}
	return value
}

// proxy is a variable that sends clients to a proxy.
type proxy struct{ name, host string }

func proxies(environ []string) []proxy {
	var out []proxy
	for _, name := range proxyNames {
		if value := lookUp(environ, name); value != "" {
			out = append(out, proxy{name, proxyHost(value)})
		}
	}
	return out
}

// proxyHost returns the host and port of a proxy without credentials. A
// password may contain any character, so proxyHost removes everything up to the
// last @.
func proxyHost(address string) string {
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		address = address[at+1:]
	} else if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	host, _, _ := strings.Cut(address, "/")
	return cmp.Or(host, "a proxy")
}

// adviseAboutProxies names the proxies that may have received the missing
// events.
func adviseAboutProxies(w io.Writer, environ []string) {
	for _, p := range proxies(environ) {
		fmt.Fprintf(w, "%s names the proxy %s. NO_PROXY excludes this server, but a client that ignores NO_PROXY sends to the proxy.\n", p.name, console.Plain(p.host))
	}
}
