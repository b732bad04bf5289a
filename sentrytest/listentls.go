package sentrytest

import (
	"crypto/tls"
	"fmt"
	"net"
)

// secure is the https listener of ListenTLS beside the http one.
type secure struct {
	listener net.Listener
	memory   *memListener // nil unless InMemory
	host     string       // host:port in URLs; "" without ListenTLS
}

// memTLSAddress is the https address of an in-memory server that has both, on another port without a service
// (systat).
const memTLSAddress = "127.0.0.1:11"

func (s *Server) listenTLS() error {
	if s.cfg.tlsListen == nil {
		return nil
	}
	if s.cfg.inMemory {
		if *s.cfg.tlsListen != "" {
			return fmt.Errorf("the option InMemory and an address of ListenTLS exclude each other")
		}
		s.secure.memory = newMemListener()
		s.secure.listener, s.secure.host = s.secure.memory, memTLSAddress
		return nil
	}
	l, err := listenTCP(*s.cfg.tlsListen)
	if err != nil {
		return err
	}
	s.secure.listener, s.secure.host = l, reachable(l.Addr())
	return nil
}

// listenTCP listens on the address, or on a free port of the loopback interface if it is empty.
func listenTCP(addr string) (net.Listener, error) {
	if addr != "" {
		return net.Listen("tcp", addr)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		l, err = net.Listen("tcp6", "[::1]:0") // a machine without IPv4
	}
	return l, err
}

// listeners returns what connections are accepted from, TLS included.
func (s *Server) listeners() []net.Listener {
	t := s.cfg.serverTLS()
	switch {
	case s.secure.listener != nil:
		return []net.Listener{s.listener, tls.NewListener(s.secure.listener, t)}
	case t != nil:
		return []net.Listener{tls.NewListener(s.listener, t)}
	}
	return []net.Listener{s.listener}
}

// TLSURL returns the base URL of the https listener without a trailing slash: that of [ListenTLS], else the server's
// own if it is an https server, else "".
func (s *Server) TLSURL() string {
	switch {
	case s.secure.host != "":
		return "https://" + s.secure.host
	case s.scheme() == "https":
		return s.URL()
	}
	return ""
}

// DSNTLS makes the DSN lead to the https listener of a server with [ListenTLS]. It changes nothing on any other.
func DSNTLS() DSNOption {
	return func(d *dsnParts) {
		if d.secureHost != "" {
			d.scheme, d.host = "https", d.secureHost
		}
	}
}
