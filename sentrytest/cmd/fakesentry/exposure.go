package main

import (
	"fmt"
	"io"
	"net"
	"net/url"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
)

// warnOfOthers says who can read and delete what a server keeps, where it listens on more than loopback. addr and tlsAddr
// are the addresses that were asked for.
func warnOfOthers(w io.Writer, h *host.Host, addr, tlsAddr string) {
	for _, l := range []struct{ flag, asked, bound string }{{"--addr", addr, h.Server.URL()}, {"--tls-addr", tlsAddr, h.Server.TLSURL()}} {
		if u, err := url.Parse(l.bound); err == nil && l.bound != "" && reachedByOthers(l.asked, u.Hostname()) {
			fmt.Fprintf(w, "fakesentry: %s %s is open to others: whoever reaches port %s of this machine can read and delete what is kept here, "+
				"and switch faults; there is no login\n", l.flag, l.asked, u.Port())
		}
	}
}

// reachedByOthers reports whether a listener serves more than this machine. bound is the address that it has, but
// loopback where it has all of them.
func reachedByOthers(asked, bound string) bool {
	if ip := net.ParseIP(bound); ip != nil && !ip.IsLoopback() {
		return true
	}
	name, _, err := net.SplitHostPort(asked)
	if err != nil {
		return false // none was asked for
	}
	ip := net.ParseIP(name)
	return name == "" || ip != nil && ip.IsUnspecified()
}
