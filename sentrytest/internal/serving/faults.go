package serving

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"
)

// wireFaults are the faults of the bytes of a connection, below TLS.
type wireFaults struct {
	swallowed atomic.Bool            // no byte comes in or goes out any more
	sent      atomic.Pointer[func()] // called once, when the next write is done
	thenClose atomic.Bool            // close it over HTTP/2 when its streams have been answered
}

// Read notes that a request has started, and drops bytes after [Swallow].
func (c *Conn) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		if c.wire.swallowed.Load() && n > 0 {
			if err == nil {
				continue
			}
			n = 0
		}
		if n > 0 && !c.tls {
			c.begin()
		}
		return n, err
	}
}

// Write ends the wait of [Conn.NextWrite].
func (c *Conn) Write(b []byte) (int, error) {
	if c.wire.swallowed.Load() {
		return len(b), nil
	}
	n, err := c.Conn.Write(b)
	if sent := c.wire.sent.Swap(nil); sent != nil {
		(*sent)()
	}
	return n, err
}

// Swallow makes the connection of the request take every byte and answer none
// from now on.
func Swallow(r *http.Request) {
	if live := InfoOf(r).Live; live != nil {
		live.wire.swallowed.Store(true)
	}
}

// NextWrite returns a channel that is closed when the next write is done. Only
// one caller can wait at a time.
func (c *Conn) NextWrite() <-chan struct{} {
	done := make(chan struct{})
	end := func() { close(done) }
	c.wire.sent.Store(&end)
	return done
}

// HangUp closes a connection in order, even during a write.
func HangUp(c net.Conn) {
	if t, ok := c.(*tls.Conn); ok {
		// Close sends no close_notify during a write; CloseWrite waits for the
		// write.
		_ = t.CloseWrite()
	}
	// The client sees the end of the connection in any case.
	_ = c.Close()
}

// ThenClose closes an HTTP/2 connection when its streams have been answered.
func (c *Conn) ThenClose() { c.wire.thenClose.Store(true) }
