package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/console"
)

// loopback is where the server of run listens, by the names that clients may give it.
var loopback = []string{"127.0.0.1", "localhost", "::1"}

// proxyNames are the variables of a proxy that clients use for http. There is no rule about capitals.
var proxyNames = []string{"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}

// pastProxies returns the environment with loopback among what is reached without a proxy, if it names one. Both
// spellings get what stands in either, because some clients read the one, and some the other.
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

// lookUp returns the last value of a variable, which is the one that counts.
func lookUp(environ []string, name string) (value string) {
	for _, pair := range environ {
		if v, ok := strings.CutPrefix(pair, name+"="); ok {
			value = v
		}
	}
	return value
}

// proxy is a variable that leads clients to a proxy.
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

// proxyHost returns the host and port of a proxy without the password that may stand before them. A password may have
// any character, so everything up to the last @ is left out.
func proxyHost(address string) string {
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		address = address[at+1:]
	} else if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	host, _, _ := strings.Cut(address, "/")
	return cmp.Or(host, "a proxy")
}

// adviseAboutProxies says where clients may have sent what did not arrive.
func adviseAboutProxies(w io.Writer, environ []string) {
	for _, p := range proxies(environ) {
		fmt.Fprintf(w, "%s leads to %s: NO_PROXY names this server, and a client that does not heed it sends to the proxy.\n", p.name, console.Plain(p.host))
	}
}
