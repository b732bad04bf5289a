package main

import (
	"fmt"
	"io"
	"net"
	"net/url"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
)

// warnOfOthers prints a warning for each listener that other machines can
// reach. addr and tlsAddr are the addresses of the flags.
func warnOfOthers(w io.Writer, h *host.Host, addr, tlsAddr string) {
	for _, l := range []struct{ flag, asked, bound string }{{"--addr", addr, h.Server.URL()}, {"--tls-addr", tlsAddr, h.Server.TLSURL()}} {
		if u, err := url.Parse(l.bound); err == nil && l.bound != "" && reachedByOthers(l.asked, u.Hostname()) {
			fmt.Fprintf(w, "fakesentry: %s %s is open to other machines: anyone who can reach port %s can read and delete events "+
				"and set faults, without a login\n", l.flag, l.asked, u.Port())
		}
	}
}

// reachedByOthers reports whether other machines can reach a listener. bound is
// its actual address; for a listener on all addresses, bound is loopback.
func reachedByOthers(asked, bound string) bool {
	if ip := net.ParseIP(bound); ip != nil && !ip.IsLoopback() {
		return true
	}
	name, _, err := net.SplitHostPort(asked)
	if err != nil {
		return false // the flag is empty
	}
	ip := net.ParseIP(name)
	return name == "" || ip != nil && ip.IsUnspecified()
}
