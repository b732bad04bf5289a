package sentrytest

import (
	"net"

	"github.com/ravenkit/ravenkit/sentrytest/internal/memnet"
	"github.com/ravenkit/ravenkit/sentrytest/internal/sockets"
)

// endpoint is where a server listens, also while it is down.
type endpoint struct {
	host  string   // host:port in URLs; "" before it has listened
	bound net.Addr // nil if InMemory
}

// memTLSAddress is the https address of an in-memory server that has both, on
// another port without a service (systat).
const memTLSAddress = "127.0.0.1:11"

// listen opens a listener at the address that the endpoint has, or at addr if
// it has none.
func (e *endpoint) listen(addr string) (net.Listener, error) {
	if e.bound != nil {
		return net.Listen("tcp", e.bound.String())
	}
	l, err := sockets.Listen(addr)
	if err == nil {
		e.bound, e.host = l.Addr(), sockets.Reachable(l.Addr())
	}
	return l, err
}

// listenInMemory opens a listener without a socket.
func (e *endpoint) listenInMemory(addr string) net.Listener {
	if e.host == "" {
		e.host = addr
	}
	return memnet.NewListener()
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
