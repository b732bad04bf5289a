package sentrytest

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/sockets"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// wrapListener adds the faults of connections to a listener, and TLS to an
// https listener.
func (s *Server) wrapListener(l net.Listener, https bool) net.Listener {
	l = s.traffic.Watch(&faultListener{Listener: l, server: s, stall: https && s.cfg.stall}, https)
	if https && s.tlsConfig != nil {
		return tls.NewListener(l, s.tlsConfig)
	}
	return l
}

// faultListener applies the steps that take effect on new connections.
type faultListener struct {
	net.Listener
	server *Server
	stall  bool // of HandshakeStall
}

func (l *faultListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.stall {
			return newHeldConn(c, -1), nil
		}
		if !l.server.script.armed.Load() {
			return c, nil
		}
		step := l.server.script.next(stageConn, &call{server: l.server})
		switch {
		case step == nil:
			return c, nil
		case step.kind == stepSlowAccept:
			return newHeldConn(c, step.pace), nil
		}
		l.server.numberConn()
		// An error changes nothing: the client sees a broken connection.
		_ = sockets.Reset(c)
	}
}

// heldConn delays the first read of a connection. Deadlines that are set before
// are put off by the delay, since they limit the client's time.
type heldConn struct {
	net.Conn
	wait   time.Duration // negative: for ever
	held   sync.Once
	closed chan struct{}
	close  sync.Once

	mu          sync.Mutex // guards everything below
	over        bool
	read, write time.Time // the deadlines that were set before; zero for none
}

func newHeldConn(c net.Conn, d time.Duration) *heldConn {
	return &heldConn{Conn: c, wait: d, closed: make(chan struct{})}
}

func (c *heldConn) Read(b []byte) (int, error) {
	c.held.Do(func() {
		var over <-chan time.Time // nil: never
		if c.wait >= 0 {
			t := time.NewTimer(c.wait)
			defer t.Stop()
			over = t.C
		}
		select {
		case <-over:
		case <-c.closed:
		}
		c.letGo()
	})
	return c.Conn.Read(b)
}

// letGo sets the deadlines that were put off. A closed connection refuses them,
// and the next read says so.
func (c *heldConn) letGo() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	if !c.read.IsZero() {
		_ = c.Conn.SetReadDeadline(c.read.Add(c.wait))
	}
	if !c.write.IsZero() {
		_ = c.Conn.SetWriteDeadline(c.write.Add(c.wait))
	}
}

func (c *heldConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c *heldConn) SetReadDeadline(t time.Time) error {
	return c.putOff(&c.read, t, c.Conn.SetReadDeadline)
}

func (c *heldConn) SetWriteDeadline(t time.Time) error {
	return c.putOff(&c.write, t, c.Conn.SetWriteDeadline)
}

// putOff sets a deadline, or keeps it for letGo.
func (c *heldConn) putOff(kept *time.Time, t time.Time, set func(time.Time) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return set(t)
	}
	*kept = t
	return nil
}

func (c *heldConn) Close() error {
	c.close.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// NetConn is for [sockets.Reset].
func (c *heldConn) NetConn() net.Conn { return c.Conn }

var (
	errCut  = errors.New("cut short by the script")
	errDown = errors.New("the server went down while it read slowly")
)

// early takes the step that changes how the body of the request is read, and
// wraps the body for it.
func (s *Server) early(r *http.Request, req *Request, to wire.Route) *Step {
	if !s.script.armed.Load() || to.Protocol == "" || !to.Allows(r.Method) {
		return nil
	}
	step := s.script.next(stageRead, &call{server: s, req: req})
	switch {
	case step == nil:
		return nil
	case step.kind == stepSlowRead:
		r.Body = &faultBody{ReadCloser: r.Body, request: r, piece: step.bytes, pace: step.pace, left: -1}
	default:
		r.Body = &faultBody{ReadCloser: r.Body, request: r, left: step.bytes}
	}
	return step
}

// late takes the step for a request that was read, unless an early step is in
// use.
func (s *Server) late(step *Step, v *verdict, req *Request) *Step {
	if step != nil || !s.script.armed.Load() {
		return step
	}
	known := *v // a copy, so that the verdict stays on the stack of a server without a script
	return s.script.next(stageAnswer, &call{server: s, req: req, verdict: &known, eventID: v.id})
}

// faultBody is the body of a request that is read slowly or not to its end.
type faultBody struct {
	io.ReadCloser
	request *http.Request
	piece   int // bytes that one Read returns at most; 0 for no bound
	pace    time.Duration
	left    int   // bytes until it is cut; negative for never
	got     int64 // bytes
}

func (b *faultBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errCut
	}
	// Over HTTP/2 the end of a body arrives separately and is no piece.
	ended := b.got > 0 && b.got == b.request.ContentLength
	if !ended && !pause(b.request.Context(), b.pace) {
		return 0, errDown
	}
	if b.piece > 0 {
		p = p[:min(b.piece, len(p))]
	}
	if b.left > 0 {
		p = p[:min(b.left, len(p))]
	}
	n, err := b.ReadCloser.Read(p)
	b.got += int64(n)
	if b.left > 0 {
		b.left -= n
	}
	return n, err
}
