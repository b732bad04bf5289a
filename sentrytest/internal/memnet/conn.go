package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/errno"
)

// window is how many bytes a writer may be ahead of the reader. Over net.Pipe,
// which has no buffer, a TLS server that sends its session tickets and a client
// that sends its request first would wait for each other for ever.
const window = 64 << 10

// link is what the two ends of a connection share. A goroutine that waits on
// its sync.Cond is durably blocked in a testing/synctest bubble.
type link struct {
	mu    sync.Mutex // guards both ends
	cond  sync.Cond
	reset bool
}

// Conn is one end of an in-memory connection.
type Conn struct {
	link   *link
	peer   *Conn
	in     []byte // sent by peer, not read yet
	closed bool
	taken  func() // called by every read that returns bytes, with link.mu held; may be nil
	read   deadline
	write  deadline
	local  addr
	remote addr
}

func newPair(client, server addr) (*Conn, *Conn) {
	link := &link{}
	link.cond.L = &link.mu
	c := &Conn{link: link, local: client, remote: server}
	s := &Conn{link: link, local: server, remote: client, peer: c}
	c.peer = s
	return c, s
}

// Read reads what the peer has written. It waits for the first byte.
func (c *Conn) Read(b []byte) (int, error) {
	l := c.link
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, c.opError("read", net.ErrClosed)
		case c.read.expired:
			return 0, c.opError("read", os.ErrDeadlineExceeded)
		case len(b) == 0:
			return 0, nil
		case len(c.in) > 0:
			n := copy(b, c.in)
			c.in = c.in[n:]
			if c.taken != nil {
				c.taken()
			}
			l.cond.Broadcast()
			return n, nil
		case l.reset:
			return 0, c.opError("read", errno.ConnReset)
		case c.peer.closed:
			return 0, io.EOF
		}
		l.cond.Wait()
	}
}

// Write waits while the peer has a full window to read.
func (c *Conn) Write(b []byte) (int, error) {
	l := c.link
	l.mu.Lock()
	defer l.mu.Unlock()
	written := 0
	for {
		switch {
		case c.closed:
			return written, c.opError("write", net.ErrClosed)
		case l.reset:
			return written, c.opError("write", errno.ConnReset)
		case c.peer.closed:
			return written, c.opError("write", errno.BrokenPipe)
		case c.write.expired:
			return written, c.opError("write", os.ErrDeadlineExceeded)
		case len(b) == 0:
			return written, nil
		}
		if room := window - len(c.peer.in); room > 0 {
			n := min(room, len(b))
			c.peer.in = append(c.peer.in, b[:n]...)
			b = b[n:]
			written += n
			l.cond.Broadcast()
			continue
		}
		l.cond.Wait()
	}
}

// Close ends the connection in order: the peer reads the bytes in flight and
// then io.EOF.
func (c *Conn) Close() error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.closed = true
	c.read.stopLocked()
	c.write.stopLocked()
	c.link.cond.Broadcast()
	return nil
}

// Reset ends the connection as a TCP RST does: the bytes in flight arrive, and
// then the peer's calls fail with ECONNRESET.
func (c *Conn) Reset() error {
	c.link.mu.Lock()
	c.link.reset = true
	c.link.mu.Unlock()
	return c.Close()
}

// OnRead sets a function that every read that returns bytes calls, with the
// connection locked. It must not call methods of the connection.
func (c *Conn) OnRead(taken func()) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.taken = taken
}

// Unread returns how many bytes wait to be read.
func (c *Conn) Unread() int {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	return len(c.in)
}

// LocalAddr returns an address that names this end.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns an address that names the other end.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets the deadlines of reads and writes.
func (c *Conn) SetDeadline(t time.Time) error {
	return c.setDeadlines(t, &c.read, &c.write)
}

// SetReadDeadline sets the deadline of reads, pending ones included.
func (c *Conn) SetReadDeadline(t time.Time) error {
	return c.setDeadlines(t, &c.read)
}

// SetWriteDeadline sets the deadline of writes, pending ones included.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	return c.setDeadlines(t, &c.write)
}

func (c *Conn) setDeadlines(t time.Time, deadlines ...*deadline) error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.closed {
		return c.opError("set", net.ErrClosed)
	}
	for _, d := range deadlines {
		d.setLocked(c.link, t)
	}
	c.link.cond.Broadcast()
	return nil
}

func (c *Conn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: c.local.Network(), Source: c.local, Addr: c.remote, Err: err}
}

// deadline is one deadline of a connection. The zero value is no deadline.
type deadline struct {
	expired bool
	timer   *time.Timer
}

func (d *deadline) setLocked(l *link, t time.Time) {
	d.stopLocked()
	d.expired = false
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		d.expired = true
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(wait, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		// A timer that fires while it is being replaced must not expire its
		// successor.
		if d.timer == timer {
			d.expired = true
			l.cond.Broadcast()
		}
	})
	d.timer = timer
}

func (d *deadline) stopLocked() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// addr is the address of an in-memory end.
type addr string

func (addr) Network() string  { return "memory" }
func (a addr) String() string { return string(a) }
