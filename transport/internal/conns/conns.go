// Package conns tracks the connections that a transport opened. It must not
// import package transport.
package conns

import (
	"context"
	"net"
	"sync"
	"time"
)

// DialFunc is the type of the field DialContext of http.Transport.
type DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// Set tracks the connections that a transport opened. HTTP clients continue to
// dial and do handshakes for abandoned requests, and do not say when they are
// done. Closing the connections ends that.
type Set struct {
	dialer  DialFunc
	timeout time.Duration   // of one dial
	life    context.Context // ends when the transport is closed

	mu   sync.Mutex
	open map[*conn]struct{}
}

// New returns an empty set. A dial takes at most timeout, and fails after life
// has ended. A nil dialer means a net.Dialer.
func New(dialer DialFunc, timeout time.Duration, life context.Context) *Set {
	if dialer == nil {
		dialer = new(net.Dialer).DialContext
	}
	return &Set{dialer: dialer, timeout: timeout, life: life, open: make(map[*conn]struct{})}
}

// Dial opens a connection and tracks it until it is closed. The dialer's error
// is wrapped in a [*DialError].
func (s *Set) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	nc, err := s.dialer(ctx, network, addr)
	if err != nil {
		return nil, &DialError{err}
	}
	c := &conn{Conn: nc, owner: s}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life.Err() != nil {
		_ = nc.Close()
		return nil, net.ErrClosed
	}
	s.open[c] = struct{}{}
	return c, nil
}

// CloseAll closes the open connections. The context life must have ended.
func (s *Set) CloseAll() {
	s.mu.Lock()
	left := make([]*conn, 0, len(s.open))
	for c := range s.open {
		left = append(left, c)
	}
	s.mu.Unlock()
	for _, c := range left {
		_ = c.Close()
	}
}

type conn struct {
	net.Conn
	owner *Set
}

func (c *conn) Close() error {
	c.owner.mu.Lock()
	delete(c.owner.open, c)
	c.owner.mu.Unlock()
	return c.Conn.Close()
}
