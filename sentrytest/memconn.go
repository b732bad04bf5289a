package sentrytest

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// memWindow is how many bytes may be on their way in one direction before a writer waits. net.Pipe
// has no buffer at all; over it a TLS server that sends its session tickets and a client that sends
// its request first would wait for each other for ever.
const memWindow = 64 << 10

// memLink is what the two ends of an in-memory connection share. Blocking goes through a sync.Cond
// because waiting on one is durable blocking in a testing/synctest bubble.
type memLink struct {
	mu    sync.Mutex // guards both ends
	cond  sync.Cond
	reset bool
}

// memConn is one end of an in-memory connection.
type memConn struct {
	link   *memLink
	peer   *memConn
	in     []byte // sent by peer, not read yet
	closed bool
	taken  func() // told of every read that returns bytes, with link.mu held; may be nil
	read   memDeadline
	write  memDeadline
	local  memAddr
	remote memAddr
}

func newMemPair(client, server memAddr) (*memConn, *memConn) {
	link := &memLink{}
	link.cond.L = &link.mu
	c := &memConn{link: link, local: client, remote: server}
	s := &memConn{link: link, local: server, remote: client, peer: c}
	c.peer = s
	return c, s
}

func (c *memConn) Read(b []byte) (int, error) {
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
			return 0, c.opError("read", connReset)
		case c.peer.closed:
			return 0, io.EOF
		}
		l.cond.Wait()
	}
}

func (c *memConn) Write(b []byte) (int, error) {
	l := c.link
	l.mu.Lock()
	defer l.mu.Unlock()
	written := 0
	for {
		switch {
		case c.closed:
			return written, c.opError("write", net.ErrClosed)
		case l.reset:
			return written, c.opError("write", connReset)
		case c.peer.closed:
			return written, c.opError("write", brokenPipe)
		case c.write.expired:
			return written, c.opError("write", os.ErrDeadlineExceeded)
		case len(b) == 0:
			return written, nil
		}
		if room := memWindow - len(c.peer.in); room > 0 {
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

// Close ends the connection in order: the peer reads what is on its way and then io.EOF.
func (c *memConn) Close() error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.closed = true
	c.read.stopLocked()
	c.write.stopLocked()
	c.link.cond.Broadcast()
	return nil
}

// Reset ends the connection as a TCP RST does: what is on its way arrives, and then the peer's calls fail with
// ECONNRESET.
func (c *memConn) Reset() error {
	c.link.mu.Lock()
	c.link.reset = true
	c.link.mu.Unlock()
	return c.Close()
}

// onRead sets what is called for every read that returns bytes, in the same moment in which they stop being unread.
func (c *memConn) onRead(taken func()) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.taken = taken
}

// unread returns how many bytes wait to be read.
func (c *memConn) unread() int {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	return len(c.in)
}

func (c *memConn) LocalAddr() net.Addr  { return c.local }
func (c *memConn) RemoteAddr() net.Addr { return c.remote }

func (c *memConn) SetDeadline(t time.Time) error {
	return c.setDeadlines(t, &c.read, &c.write)
}

func (c *memConn) SetReadDeadline(t time.Time) error {
	return c.setDeadlines(t, &c.read)
}

func (c *memConn) SetWriteDeadline(t time.Time) error {
	return c.setDeadlines(t, &c.write)
}

func (c *memConn) setDeadlines(t time.Time, deadlines ...*memDeadline) error {
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

func (c *memConn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: c.local.Network(), Source: c.local, Addr: c.remote, Err: err}
}

// memDeadline is one deadline of a connection. The zero value is no deadline.
type memDeadline struct {
	expired bool
	timer   *time.Timer
}

func (d *memDeadline) setLocked(l *memLink, t time.Time) {
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
		// A timer that fires while it is being replaced must not expire its successor.
		if d.timer == timer {
			d.expired = true
			l.cond.Broadcast()
		}
	})
	d.timer = timer
}

func (d *memDeadline) stopLocked() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// memAddr is the address of an in-memory end.
type memAddr string

func (memAddr) Network() string  { return "memory" }
func (a memAddr) String() string { return string(a) }
