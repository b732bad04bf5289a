package transporttest

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

// Network is a network without sockets for the servers of a [Harness]'s cases.
// In a testing/synctest bubble only intended waits take time there: time-outs
// end exactly when they should, on a busy machine, too. The zero value is ready
// to use. It is safe for concurrent use, but everything on it must be in one
// bubble.
type Network struct {
	mu    sync.Mutex
	doors map[string]dialFunc // by address; guarded by mu
	last  int                 // the last assigned port; guarded by mu
}

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// DialContext connects to the server with the address addr, for transport.Env.
// If there is no server, the connection is refused. Names are not resolved.
func (n *Network) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	n.mu.Lock()
	door := n.doors[addr]
	n.mu.Unlock()
	if door == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("%s: %w", addr, connRefused)}
	}
	return door(ctx, network, addr)
}

// join gives a server an address. It is a loopback address, so that the
// servers' certificates are valid for it and no proxy is used.
func (n *Network) join(door dialFunc) (addr string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.doors == nil {
		n.doors = make(map[string]dialFunc)
	}
	n.last++
	addr = fmt.Sprintf("127.0.0.1:%d", n.last)
	n.doors[addr] = door
	return addr
}

// halfConn is a connection that can be closed for writing only, as a TCP
// connection can. net.Pipe can't, so it has one pipe for each direction.
type halfConn struct {
	net.Conn // for reading
	out      net.Conn
}

// halves returns the two ends of a new connection.
func halves() (client, server *halfConn) {
	there, out := net.Pipe()
	back, in := net.Pipe()
	return &halfConn{in, out}, &halfConn{there, back}
}

func (c *halfConn) Write(p []byte) (int, error) { return c.out.Write(p) }

func (c *halfConn) CloseWrite() error { return c.out.Close() }

func (c *halfConn) Close() error {
	_ = c.out.Close() // closing a pipe never fails
	return c.Conn.Close()
}

func (c *halfConn) SetDeadline(t time.Time) error {
	// Fails only on a closed pipe, and then the other one fails, too.
	_ = c.out.SetWriteDeadline(t)
	return c.Conn.SetReadDeadline(t)
}

func (c *halfConn) SetWriteDeadline(t time.Time) error { return c.out.SetWriteDeadline(t) }
