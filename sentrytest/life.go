package sentrytest

import (
	"context"
	"errors"
	"net"

	"github.com/ravenkit/ravenkit/sentrytest/internal/errno"
	"github.com/ravenkit/ravenkit/sentrytest/internal/memnet"
	"github.com/ravenkit/ravenkit/sentrytest/internal/serving"
	"github.com/ravenkit/ravenkit/sentrytest/internal/sockets"
)

// life is the state of a server that is up. Each start makes a new one.
type life struct {
	*serving.Span
	memory, secureMemory *memnet.Listener // nil unless InMemory
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

// begin brings the server up. The caller holds phase, or has the only reference
// to the server.
func (s *Server) begin() error {
	listener, secure, err := s.open()
	if errors.Is(err, errno.AddressInUse) && len(s.reserved) > 0 {
		// Linux allows to listen where another socket is only bound. Elsewhere
		// the address has to be released first, and others may take it
		// meanwhile.
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
	l := &life{Span: serving.New(serving.Config{
		Handler: s.root, HeaderTimeout: s.cfg.headerTimeout, HTTP2: s.cfg.http2, Number: s.numberConn, Problems: &s.problems,
	}, both...)}
	l.memory, _ = listener.(*memnet.Listener)
	l.secureMemory, _ = secure.(*memnet.Listener)
	s.current.Store(l)
	return nil
}

// open opens the server's listeners; secure is nil without ListenTLS.
func (s *Server) open() (listener, secure net.Listener, err error) {
	if s.cfg.inMemory {
		listener = s.listenInMemory(memnet.Address)
		if s.cfg.tlsListen != nil {
			secure = s.secure.listenInMemory(memTLSAddress)
		}
		return listener, secure, nil
	}
	if listener, err = s.listen(s.cfg.listen); err != nil || s.cfg.tlsListen == nil {
		return listener, nil, err
	}
	if secure, err = s.secure.listen(*s.cfg.tlsListen); err != nil {
		return nil, nil, errors.Join(err, listener.Close())
	}
	return listener, secure, nil
}

// release releases the addresses that are reserved while the server is down.
func (s *Server) release() {
	for _, release := range s.reserved {
		release()
	}
	s.reserved = nil
}

// suspend takes the server down. The caller holds phase.
func (s *Server) suspend() error {
	l := s.current.Swap(nil)
	if l == nil {
		return nil
	}
	return l.End()
}

// shut ends the server for good.
func (s *Server) shut() error {
	s.phase.Lock()
	defer s.phase.Unlock()
	s.closed = true
	s.release()
	return s.suspend()
}

// Down takes the server off the network as a crash would: its port refuses
// connections, and open connections and waiting requests break. It returns when
// nothing of the server runs any more. The records, the script, keys and
// certificates stay, and [Server.Wait] goes on waiting. A request whose body
// had arrived may still be recorded.
//
// While the server is down, the system gives its port to no other server that
// asks for a free one, where this is supported. Down does nothing to a server
// that is down or closed. See [Server.Up] and [Server.Restart].
func (s *Server) Down() {
	s.phase.Lock()
	defer s.phase.Unlock()
	s.downLocked()
}

func (s *Server) downLocked() {
	if s.closed || s.current.Load() == nil {
		return
	}
	// An open listener can be closed: there is no error to report.
	_ = s.suspend()
	s.closeIdleClient()
	for _, addr := range []net.Addr{s.bound, s.secure.bound} {
		if addr != nil {
			s.reserved = append(s.reserved, sockets.Reserve(addr))
		}
	}
}

// Up brings a server back that is down: on the same address, with the same
// keys, certificates and records. It does nothing to a server that is up.
//
// It returns an [*UpError] when the port is taken, which also fails the test of
// [NewServer], and [ErrClosed] after Close.
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

// Restart is [Server.Down] followed by [Server.Up], with no other Down or Up in
// between. It fails as Up does.
func (s *Server) Restart() error {
	s.phase.Lock()
	defer s.phase.Unlock()
	s.downLocked()
	return s.upLocked()
}

// UpError says why [Server.Up] could not bring a server back. The server is
// still down, and Up may be tried again.
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
