//go:build unix

package sockets

import (
	"net"
	"syscall"
)

// Reserve binds a socket to the address without listening: connections are
// refused, and the system gives the port to no listener that asks for a free
// one. If the address can't be bound, nothing is reserved.
func Reserve(addr net.Addr) (release func()) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return func() {}
	}
	family, sockaddr := sockaddrOf(tcp)
	// A child process must not inherit the socket: see syscall.ForkLock.
	syscall.ForkLock.RLock()
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return func() {}
	}
	// Closed connections stay on the port for a while, and would prevent the
	// bind.
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	_ = syscall.Bind(fd, sockaddr)
	return func() { _ = syscall.Close(fd) }
}

func sockaddrOf(tcp *net.TCPAddr) (family int, sockaddr syscall.Sockaddr) {
	if ip := tcp.IP.To4(); ip != nil {
		return syscall.AF_INET, &syscall.SockaddrInet4{Port: tcp.Port, Addr: [4]byte(ip)}
	}
	six := &syscall.SockaddrInet6{Port: tcp.Port}
	copy(six.Addr[:], tcp.IP.To16())
	return syscall.AF_INET6, six
}
