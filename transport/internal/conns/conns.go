// Package conns keeps hold of the connections that a transport opened.
package conns

import (
	"context"
	"net"
	"sync"
	"time"
)

// DialFunc is what http.Transport and net.Dialer call DialContext.
type DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// Set holds every connection that a transport opened. HTTP clients go on
// dialling and shaking hands for requests that were given up, and do not say
// when they are done; closing what is left ends that.
type Set struct {
	dialer  DialFunc
	timeout time.Duration   // for one dial
	life    context.Context // ends when the transport is closed

	mu   sync.Mutex
	open map[*conn]struct{}
}

// New returns an empty set. A dial of its takes no longer than timeout, and
// none succeeds once life has ended; a nil dialer means a net.Dialer.
func New(dialer DialFunc, timeout time.Duration, life context.Context) *Set {
	if dialer == nil {
		dialer = new(net.Dialer).DialContext
	}
	return &Set{dialer: dialer, timeout: timeout, life: life, open: make(map[*conn]struct{})}
}

// Dial opens a connection and holds it until it is closed. What the dialer says
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

// CloseAll closes what is open. The life that New was given must have ended.
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
