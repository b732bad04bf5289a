// Package memnet is a network without sockets: a listener whose connections
// are two buffers in memory. Blocked reads and writes are durably blocked in a
// testing/synctest bubble.
//
// It must know neither HTTP nor TLS: it carries bytes.
package memnet

import (
	"context"
	"net"
	"sync"

	"github.com/ravenkit/ravenkit/sentrytest/internal/errno"
)

// Address stands for an in-memory server in URLs and DSNs. It is a loopback
// address, which certificates cover and proxy settings do not, with a port
// (discard) on which no server is expected.
const Address = "127.0.0.1:9"

// Listener hands out the server's ends of connections.
type Listener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

// NewListener returns a listener that is ready.
func NewListener() *Listener {
	return &Listener{conns: make(chan net.Conn), done: make(chan struct{})}
}

// Accept returns the server's end of the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, &net.OpError{Op: "accept", Net: "memory", Addr: l.Addr(), Err: net.ErrClosed}
	}
}

// Close refuses later dials. Open connections stay open.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr returns the address of every listener of this package: [Address].
func (l *Listener) Addr() net.Addr { return addr(Address) }

// Dial returns the client's end of a new connection, when the server has
// accepted the other.
func (l *Listener) Dial(ctx context.Context) (net.Conn, error) {
	client, server := newPair("client", Address)
	// The select below would choose at random between a ready acceptor and a
	// closed listener.
	select {
	case <-l.done:
		return nil, Refused()
	default:
	}
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		return nil, Refused()
	case <-ctx.Done():
		return nil, dialError(ctx.Err())
	}
}

// Refused is the error of a dial without a listener.
func Refused() error { return dialError(errno.ConnRefused) }

func dialError(err error) error {
	return &net.OpError{Op: "dial", Net: "memory", Addr: addr(Address), Err: err}
}
