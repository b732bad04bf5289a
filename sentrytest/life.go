package sentrytest

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/errno"
	"github.com/ravenkit/ravenkit/sentrytest/internal/memnet"
	"github.com/ravenkit/ravenkit/sentrytest/internal/sockets"
)

// life is one span of serving, from the opening of its listeners to the end of its last connection. What a server
// needs only while it is up stands here and not in the server, so that nothing stale is left for the next one.
type life struct {
	memory, secureMemory *memnet.Listener // nil unless InMemory

	http    *http.Server
	ctx     context.Context // ends with the life, and with it every handler that hangs
	cancel  context.CancelFunc
	running sync.WaitGroup // the accept loops, every connection, and every handler of an HTTP/2 stream
	ending  atomic.Bool

	gate  sync.Mutex // guards ended
	ended bool       // no handler may start any more
}

// lifeConfig is what a life is made of.
type lifeConfig struct {
	handler       http.Handler
	headerTimeout time.Duration // of a connection before it is closed; 0 is for ever
	http2         bool          // on connections whose handshake has chosen it
	number        func() int    // counts a connection
	problems      io.Writer     // for what http.Server has to say
}

// newLife serves the listeners until end.
func newLife(cfg lifeConfig, listeners ...net.Listener) *life {
	l := &life{}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.http = &http.Server{
		Handler:           l.counted(cfg.handler),
		ReadHeaderTimeout: cfg.headerTimeout,
		Protocols:         &http.Protocols{},
		BaseContext:       func(net.Listener) context.Context { return l.ctx },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, newConnInfo(cfg.number(), l, c))
		},
		ConnState: l.connState,
		// A refused handshake is an outcome that tests provoke, so it is kept for Wait's error rather
		// than printed.
		ErrorLog: log.New(cfg.problems, "", 0),
	}
	l.http.Protocols.SetHTTP1(true)
	l.http.Protocols.SetHTTP2(cfg.http2)
	for _, listener := range listeners {
		l.running.Go(func() {
			// Serve returns when end closes the listener; there is nobody to tell.
			_ = l.http.Serve(listener)
		})
	}
	return l
}

// counted counts the handlers of HTTP/2 streams for end: they may outlast their connection.
func (l *life) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor < 2 {
			h.ServeHTTP(w, r)
			return
		}
		if !l.enter() {
			panic(http.ErrAbortHandler)
		}
		defer l.running.Done()
		r, end := connOf(r).stream(r)
		defer end()
		h.ServeHTTP(w, r)
	})
}

// enter counts a handler, and reports false if the life is over.
func (l *life) enter() bool {
	l.gate.Lock()
	defer l.gate.Unlock()
	if !l.ended {
		l.running.Add(1)
	}
	return !l.ended
}

// connState counts connections for end. http.Server calls it with StateNew before it returns to its
// accept loop, hence before end can see the loop end, and exactly once with one of the final states.
func (l *life) connState(c net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		l.running.Add(1)
		if l.ending.Load() {
			// It was accepted when http.Server.Close had already looked for connections to close.
			_ = c.Close()
		}
	case http.StateActive:
		liveOf(c).begin()
	case http.StateIdle:
		l.closeLater(c)
		liveOf(c).rest()
	case http.StateClosed, http.StateHijacked:
		l.running.Done()
	}
}

// closeLater closes an HTTP/2 connection for Step.ThenClose. The server calls it when the last frame of the last answer is
// in its buffer; the next write sends it.
func (l *life) closeLater(c net.Conn) {
	live := liveOf(c)
	if live == nil || !live.wire.thenClose.Load() {
		return
	}
	sent := func() { l.running.Go(func() { hangUp(c) }) }
	live.wire.sent.Store(&sent)
}

// end refuses new connections, breaks the open ones and waits for every goroutine.
func (l *life) end() error {
	l.ending.Store(true)
	err := l.http.Close()
	l.gate.Lock()
	l.ended = true
	l.gate.Unlock()
	l.cancel() // after the connections, on which a handler that wakes up could still answer
	l.running.Wait()
	return err
}

// dial connects to an InMemory server. The nil life refuses.
func (l *life) dial(ctx context.Context, secure bool) (net.Conn, error) {
	switch {
	case l == nil:
		return nil, memnet.Refused()
	case secure:
		return l.secureMemory.Dial(ctx)
	}
	return l.memory.Dial(ctx)
}

// begin starts a life. The server's phase is locked, or nobody else knows the server yet.
func (s *Server) begin() error {
	listener, secure, err := s.open()
	if errors.Is(err, errno.AddressInUse) && len(s.reserved) > 0 {
		// Linux lets one listen where another socket is only bound. Elsewhere the address has to be given back first,
		// which leaves a moment for others to take it.
		s.release()
		listener, secure, err = s.open()
	}
	s.release()
	if err != nil {
		return err
	}
	both := []net.Listener{s.wrapListener(listener, s.scheme() == "https")}
	if secure != nil {
		both = append(both, s.wrapListener(secure, true))
	}
	l := newLife(lifeConfig{
		handler: s.root, headerTimeout: s.cfg.headerTimeout, http2: s.cfg.http2, number: s.numberConn, problems: &s.problems,
	}, both...)
	l.memory, _ = listener.(*memnet.Listener)
	l.secureMemory, _ = secure.(*memnet.Listener)
	s.current.Store(l)
	return nil
}

// open opens the server's listeners; secure is nil without ListenTLS.
func (s *Server) open() (listener, secure net.Listener, err error) {
	if listener, err = s.listen(); err != nil {
		return nil, nil, err
	}
	if secure, err = s.listenTLS(); err != nil {
		return nil, nil, errors.Join(err, listener.Close())
	}
	return listener, secure, nil
}

// release gives the addresses back that are kept while the server is down.
func (s *Server) release() {
	for _, release := range s.reserved {
		release()
	}
	s.reserved = nil
}

// suspend ends the server's life, if it has one. The server's phase is locked.
func (s *Server) suspend() error {
	l := s.current.Swap(nil)
	if l == nil {
		return nil
	}
	return l.end()
}

// shut ends the server for good.
func (s *Server) shut() error {
	s.phase.Lock()
	defer s.phase.Unlock()
	s.closed = true
	s.release()
	return s.suspend()
}

// Down takes the server off the network as a crash would: its port refuses connections, open ones break, and so do
// requests that wait for an answer. It returns when nothing of the server runs any more. The records, the script, keys
// and certificates stay, and [Server.Wait] goes on waiting. A request whose body had arrived may still be on record.
//
// While the server is down its port is kept from other servers that ask for a free one, as far as the system allows.
// Down does nothing to a server that is down or closed. See [Server.Up] and [Server.Restart].
func (s *Server) Down() {
	s.phase.Lock()
	defer s.phase.Unlock()
	s.downLocked()
}

func (s *Server) downLocked() {
	if s.closed || s.current.Load() == nil {
		return
	}
	// The listener was open, so that it can be closed; there is nothing to be told.
	_ = s.suspend()
	s.closeIdleClient()
	for _, addr := range []net.Addr{s.bound, s.secure.bound} {
		if addr != nil {
			s.reserved = append(s.reserved, sockets.Reserve(addr))
		}
	}
}

// Up brings a server back that is down: on the same address, with the same keys and certificates, and with everything
// that it had on record. It does nothing to a server that is up.
//
// It fails when somebody else has taken the port, which is an error of the test of [NewServer] as well, and with
// [ErrClosed] after Close.
func (s *Server) Up() error {
	s.phase.Lock()
	defer s.phase.Unlock()
	return s.upLocked()
}

func (s *Server) upLocked() error {
	if s.closed {
		return ErrClosed
	}
	if s.current.Load() != nil {
		return nil
	}
	err := s.begin()
	if err == nil {
		return nil
	}
	err = &UpError{Addr: s.host, Err: err}
	if s.tb != nil {
		s.tb.Helper()
		s.tb.Errorf("%v", err)
	}
	return err
}

// Restart is [Server.Down] followed by [Server.Up], with nobody else's Down or Up in between. It fails as Up does.
func (s *Server) Restart() error {
	s.phase.Lock()
	defer s.phase.Unlock()
	s.downLocked()
	return s.upLocked()
}

// UpError says why [Server.Up] could not bring a server back. The server is still down, and Up may be tried again.
type UpError struct {
	Addr string // the server's host and port
	Err  error
}

// Error names the address and the cause.
func (e *UpError) Error() string {
	return "sentrytest: the server at " + e.Addr + " can't come up again: " + e.Err.Error()
}

// Unwrap returns Err.
func (e *UpError) Unwrap() error { return e.Err }
