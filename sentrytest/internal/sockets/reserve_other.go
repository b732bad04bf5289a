//go:build !unix

package sockets

import "net"

// Reserve does nothing on systems without bound sockets in package syscall:
// others can take the port while the server is down.
func Reserve(net.Addr) (release func()) { return func() {} }
