package sentrytest

import (
	"net"

	"github.com/ravenkit/ravenkit/sentrytest/internal/memnet"
	"github.com/ravenkit/ravenkit/sentrytest/internal/sockets"
)

// secure is the https listener of ListenTLS beside the http one.
type secure struct {
	host  string   // host:port in URLs; "" without ListenTLS
	bound net.Addr // where it listens, or did before the server went down; nil if InMemory
}

// memTLSAddress is the https address of an in-memory server that has both, on
// another port without a service (systat).
const memTLSAddress = "127.0.0.1:11"

// listenTLS opens the https listener of ListenTLS, nil without that option: on
// the address that it had before, if it had one.
func (s *Server) listenTLS() (net.Listener, error) {
	if s.cfg.tlsListen == nil {
		return nil, nil
	}
	if s.cfg.inMemory {
		if s.secure.host == "" {
			s.secure.host = memTLSAddress
		}
		return memnet.NewListener(), nil
	}
	if s.secure.bound != nil {
		return net.Listen("tcp", s.secure.bound.String())
	}
	l, err := sockets.Listen(*s.cfg.tlsListen)
	if err != nil {
		return nil, err
	}
	s.secure.bound, s.secure.host = l.Addr(), sockets.Reachable(l.Addr())
	return l, nil
}

// TLSURL returns the base URL of the https listener without a trailing slash:
// that of [ListenTLS], else the server's own if it is an https server, else "".
func (s *Server) TLSURL() string {
	switch {
	case s.secure.host != "":
		return "https://" + s.secure.host
	case s.scheme() == "https":
		return s.URL()
	}
	return ""
}

// DSNTLS makes the DSN lead to the https listener of a server with [ListenTLS].
// It changes nothing on any other.
func DSNTLS() DSNOption {
	return func(d *dsnParts) {
		if d.secureHost != "" {
			d.scheme, d.host = "https", d.secureHost
		}
	}
}
