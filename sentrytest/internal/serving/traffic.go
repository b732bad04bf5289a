package serving

import (
	"context"
	"net"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/sentrytest/internal/memnet"
	"github.com/ravenkit/ravenkit/sentrytest/internal/sockets"
)

// Traffic knows the connections of a server and the requests in flight on each.
// A request changes only the state of its own connection, and wakes a caller
// only if one waits.
type Traffic struct {
	mu      sync.Mutex // guards conns and changed
	conns   map[*Conn]struct{}
	changed chan struct{} // closed and replaced when a connection becomes idle; nil while no caller waits
	waiting atomic.Int32
}

// Conn is a connection that knows whether a request is in flight on it.
//
// It counts bytes below TLS, where handshakes and tickets look like requests.
// So with TLS a request starts when its headers have been read, and without TLS
// with its first byte.
type Conn struct {
	net.Conn
	own     Exchange // of HTTP/1.1
	traffic *Traffic
	memory  *memnet.Conn // the connection below; nil for a socket and with TLS
	tls     bool
	streams streams // of HTTP/2
	wire    wireFaults
}

// watched is a listener that registers its connections.
type watched struct {
	net.Listener
	traffic *Traffic
	tls     bool
}

// Watch registers the connections of a listener. tls says whether they carry
// TLS.
func (t *Traffic) Watch(l net.Listener, tls bool) net.Listener {
	return watched{Listener: l, traffic: t, tls: tls}
}

func (w watched) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	live := &Conn{Conn: c, traffic: w.traffic, tls: w.tls, own: Exchange{traffic: w.traffic}}
	if live.memory = memoryOf(c); w.tls {
		live.memory = nil
	}
	if live.memory != nil {
		live.memory.OnRead(live.begin)
	}
	w.traffic.mu.Lock()
	defer w.traffic.mu.Unlock()
	if w.traffic.conns == nil {
		w.traffic.conns = map[*Conn]struct{}{}
	}
	w.traffic.conns[live] = struct{}{}
	return live, nil
}

// memoryOf returns the in-memory connection below the wrappers of faults, nil
// if there is none.
func memoryOf(c net.Conn) *memnet.Conn {
	for {
		if m, ok := c.(*memnet.Conn); ok {
			return m
		}
		inner, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		c = inner.NetConn()
	}
}

// Close ends the connection and its requests.
func (c *Conn) Close() error {
	err := c.Conn.Close()
	c.gone()
	return err
}

// Reset ends the connection with a TCP RST, in memory too.
func (c *Conn) Reset() error {
	defer c.gone()
	return sockets.Reset(c.Conn)
}

func (c *Conn) gone() {
	c.traffic.mu.Lock()
	delete(c.traffic.conns, c)
	c.traffic.mu.Unlock()
	c.own.state.Store(connQuiet)
	c.traffic.wake()
}

// begin notes that a request has started, unless one is in flight. It does
// nothing on a nil connection.
func (c *Conn) begin() {
	if c != nil {
		c.own.begin()
	}
}

// rest notes that every request has been answered.
func (c *Conn) rest() {
	if c != nil {
		c.streams.rest()
		c.own.rest()
	}
}

func (t *Traffic) wake() {
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

// change returns a channel that is closed when a connection becomes idle.
func (t *Traffic) change() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.changed == nil {
		t.changed = make(chan struct{})
	}
	return t.changed
}

// open describes the requests in flight, one line each. Recorded requests count
// only if answers is set. Requests that are known to be others' than mine do
// not count.
func (t *Traffic) open(answers bool, mine func(project string) bool) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []string
	for c := range t.conns {
		lines = append(lines, c.underWay(answers, mine)...)
	}
	return lines
}

func (c *Conn) underWay(answers bool, mine func(project string) bool) []string {
	// Read before the state, so that no byte is missed between unread and read.
	unread := c.memory != nil && c.memory.Unread() > 0
	from := c.RemoteAddr().String()
	lines := c.streams.underWay(c, answers, mine)
	if line := c.own.underWay(from, unread, answers, mine); line != "" {
		lines = append(lines, line)
	}
	return lines
}

// Rest waits until no request is in flight, and returns nil then. If ctx ends
// first, it returns the requests in flight, one line each. Recorded requests
// count only if answers is set. mine decides by its project whether a request
// counts; nil counts all.
func (t *Traffic) Rest(ctx context.Context, answers bool, mine func(project string) bool) []string {
	t.waiting.Add(1)
	defer t.waiting.Add(-1)
	for {
		changed := t.change()
		open := t.open(answers, mine)
		if len(open) == 0 {
			return nil
		}
		if ctx.Err() != nil {
			slices.Sort(open)
			return open
		}
		select {
		case <-changed:
		case <-ctx.Done(): // found out above, after a last look
		}
	}
}
