//go:build !unix

package sockets

import "net"

// Reserve does nothing where a bound socket is no part of package syscall's
// common ground: other listeners can take the port while the server is down.
func Reserve(net.Addr) (release func()) { return func() {} }
