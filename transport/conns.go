package transport

import (
	"context"
	"net"
	"sync"
	"time"
)

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// conns keeps hold of every connection that a transport opened. net/http goes
// on dialling and shaking hands for requests that were given up, and does not
// say when it is done; closing what is left ends that.
type conns struct {
	dialer  dialFunc
	timeout time.Duration   // for one dial
	life    context.Context // ends when the transport is closed

	mu   sync.Mutex
	open map[*conn]struct{}
}

func newConns(dialer dialFunc, timeout time.Duration, life context.Context) *conns {
	if dialer == nil {
		dialer = new(net.Dialer).DialContext
	}
	return &conns{dialer: dialer, timeout: timeout, life: life, open: make(map[*conn]struct{})}
}

func (s *conns) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	nc, err := s.dialer(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: nc, owner: s}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life.Err() != nil {
		_ = nc.Close()
		return nil, ErrClosed
	}
	s.open[c] = struct{}{}
	return c, nil
}

// closeAll closes what is open. The transport's life must have ended.
func (s *conns) closeAll() {
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
	owner *conns
}

func (c *conn) Close() error {
	c.owner.mu.Lock()
	delete(c.owner.open, c)
	c.owner.mu.Unlock()
	return c.Conn.Close()
}
