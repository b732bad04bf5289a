// Package sockets opens TCP listeners, keeps their ports while no listener is
// open, and resets connections.
//
// It must know neither HTTP nor TLS.
package sockets

import (
	"fmt"
	"net"
)

// Listen listens on the TCP address, or on a free port of the loopback
// interface if the address is empty.
func Listen(addr string) (net.Listener, error) {
	if addr != "" {
		return net.Listen("tcp", addr)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		l, err = net.Listen("tcp6", "[::1]:0") // a machine without IPv4
	}
	return l, err
}

// Reachable returns the address of a listener as clients dial it: loopback, for
// a listener on all interfaces.
func Reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return net.JoinHostPort("127.0.0.1", fmt.Sprint(tcp.Port))
}

// Reset closes a connection with a TCP RST, through TLS and in memory too.
func Reset(c net.Conn) error {
	for {
		if r, ok := c.(interface{ Reset() error }); ok {
			return r.Reset()
		}
		t, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		c = t.NetConn()
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		// With a linger of zero the kernel sends RST.
		_ = tcp.SetLinger(0)
	}
	return c.Close()
}
