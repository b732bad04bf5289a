package sentrytest

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
)

// traffic knows the connections of a server and what is going on on each. Requests change nothing but their own
// connection's state, and wake somebody only if somebody waits.
type traffic struct {
	mu      sync.Mutex // guards conns and changed
	conns   map[*liveConn]struct{}
	changed chan struct{} // closed and replaced when a connection comes to rest; nil while nobody waits
	waiting atomic.Int32
}

// The states of a connection.
const (
	connQuiet     int32 = iota // between requests
	connReceiving              // a byte of a request was read, and the request is not on record yet
	connAnswering              // the request is on record, its answer is not finished
	connForeign                // a handler of the program's own has it, see Around
)

// liveConn is a connection that knows whether a request is under way on it.
//
// It counts bytes below TLS, where handshakes and tickets can't be told from requests. So with TLS a request is
// under way once its headers have been read, and without from its first byte on.
type liveConn struct {
	net.Conn
	traffic *traffic
	memory  *memConn // what is below, if it is in memory and carries no TLS
	tls     bool
	state   atomic.Int32
	request atomic.Pointer[Request] // that is being handled; nil before its headers were read
}

// watched is a listener that registers its connections.
type watched struct {
	net.Listener
	traffic *traffic
	tls     bool
}

func (s *Server) watch(l net.Listener, tls bool) net.Listener {
	return watched{Listener: l, traffic: &s.traffic, tls: tls}
}

func (w watched) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	live := &liveConn{Conn: c, traffic: w.traffic, tls: w.tls}
	if live.memory = memoryOf(c); w.tls {
		live.memory = nil
	}
	if live.memory != nil {
		live.memory.onRead(live.begin)
	}
	w.traffic.mu.Lock()
	defer w.traffic.mu.Unlock()
	if w.traffic.conns == nil {
		w.traffic.conns = map[*liveConn]struct{}{}
	}
	w.traffic.conns[live] = struct{}{}
	return live, nil
}

func (c *liveConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && !c.tls {
		c.begin()
	}
	return n, err
}

// memoryOf returns the in-memory connection under whatever faults need, nil if there is none.
func memoryOf(c net.Conn) *memConn {
	for {
		if m, ok := c.(*memConn); ok {
			return m
		}
		inner, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		c = inner.NetConn()
	}
}

// Close ends the connection, and with it whatever was under way.
func (c *liveConn) Close() error {
	err := c.Conn.Close()
	c.gone()
	return err
}

// Reset ends the connection with a TCP RST, in memory too.
func (c *liveConn) Reset() error {
	defer c.gone()
	return reset(c.Conn)
}

func (c *liveConn) gone() {
	c.traffic.mu.Lock()
	delete(c.traffic.conns, c)
	c.traffic.mu.Unlock()
	c.state.Store(connQuiet)
	c.traffic.wake()
}

// begin notes that a request has started, if that is news.
func (c *liveConn) begin() {
	if c != nil {
		c.state.CompareAndSwap(connQuiet, connReceiving)
	}
}

// foreign notes that the request may be none of the server's: it may last for ever, or ask about idleness itself.
func (c *liveConn) foreign() {
	if c != nil {
		c.state.Store(connForeign)
		c.traffic.wake()
	}
}

// handling notes which request it is. Only its method, path and project are read until it is recorded, and must
// not change until then.
func (c *liveConn) handling(r *Request) {
	if c != nil {
		c.request.Store(r)
		c.state.CompareAndSwap(connForeign, connReceiving)
	}
}

// recorded notes that the request is on record.
func (c *liveConn) recorded(r *Request) {
	if c != nil {
		c.request.Store(r)
		c.state.Store(connAnswering)
		c.traffic.wake()
	}
}

// rest notes that the request has been answered.
func (c *liveConn) rest() {
	if c == nil {
		return
	}
	c.request.Store(nil)
	c.state.Store(connQuiet)
	c.traffic.wake()
}

func (t *traffic) wake() {
	if t.waiting.Load() == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
}

// change returns a channel that is closed when a connection comes to rest.
func (t *traffic) change() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.changed == nil {
		t.changed = make(chan struct{})
	}
	return t.changed
}

// open describes what is under way, one line a connection. Requests that are on record already count only if
// answers is set; those of others than mine don't count as soon as they are known to be others'.
func (t *traffic) open(answers bool, mine func(*Request) bool) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []string
	for c := range t.conns {
		if line := c.underWay(answers, mine); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func (c *liveConn) underWay(answers bool, mine func(*Request) bool) string {
	// Asked in this order, bytes can't hide between unread and read, and a request that is found with
	// connAnswering is on record and not written to any more.
	unread := 0
	if c.memory != nil {
		unread = c.memory.unread()
	}
	r := c.request.Load()
	state := c.state.Load()
	switch {
	case state == connQuiet && unread == 0, state == connForeign, state == connAnswering && !answers:
		return ""
	case r != nil && mine != nil && !mine(r):
		return ""
	}
	if r == nil {
		return fmt.Sprintf("a request from %s whose headers are incomplete", c.RemoteAddr())
	}
	if state == connAnswering {
		return r.String() + ", not sent to its end"
	}
	return fmt.Sprintf("%s %s, whose body is incomplete", r.Method, r.Path)
}
