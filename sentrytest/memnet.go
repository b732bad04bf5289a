package sentrytest

import (
	"context"
	"net"
	"sync"
)

// memAddress is what an in-memory server calls itself in URLs and DSNs. It is a loopback address so
// that its certificates fit and that no proxy settings apply, with a port (discard) on which nothing
// is expected to listen.
const memAddress = "127.0.0.1:9"

// memListener hands the server's ends of in-memory connections to an http.Server.
type memListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newMemListener() *memListener {
	return &memListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *memListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, &net.OpError{Op: "accept", Net: "memory", Addr: l.Addr(), Err: net.ErrClosed}
	}
}

func (l *memListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *memListener) Addr() net.Addr { return memAddr(memAddress) }

// dial returns the client's end of a new connection, once the server has accepted the other.
func (l *memListener) dial(ctx context.Context) (net.Conn, error) {
	client, server := newMemPair("client", memAddress)
	// Closed is asked first: a select between a ready acceptor and a closed listener is a coin toss.
	select {
	case <-l.done:
		return nil, memRefused()
	default:
	}
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		return nil, memRefused()
	case <-ctx.Done():
		return nil, memDialError(ctx.Err())
	}
}

// memRefused is the error of dialling where nobody listens.
func memRefused() error { return memDialError(connRefused) }

func memDialError(err error) error {
	return &net.OpError{Op: "dial", Net: "memory", Addr: memAddr(memAddress), Err: err}
}
