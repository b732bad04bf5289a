// Package serving runs an http.Server for one span of time, from the opening of
// its listeners to the end of its last goroutine, and knows the requests in
// flight on every connection. It can also take a connection from http.Server,
// reset it, or make it swallow what comes.
//
// It must know nothing of events, envelopes or scripts.
package serving

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Span is one span of serving. Make one with [New].
type Span struct {
	http    *http.Server
	ctx     context.Context // ends with the span, and ends handlers that hang
	cancel  context.CancelFunc
	running sync.WaitGroup // the accept loops, every connection, and every handler of an HTTP/2 stream
	ending  atomic.Bool

	gate  sync.Mutex // guards ended
	ended bool       // no handler may start any more
}

// Config configures a span.
type Config struct {
	Handler       http.Handler
	HeaderTimeout time.Duration // of a connection before it is closed; 0 is for ever
	HTTP2         bool          // on connections whose handshake has chosen it
	Number        func() int    // counts a connection
	Problems      io.Writer     // for what http.Server has to say
}

// New serves the listeners until [Span.End].
func New(cfg Config, listeners ...net.Listener) *Span {
	l := &Span{}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.http = &http.Server{
		Handler:           l.counted(cfg.Handler),
		ReadHeaderTimeout: cfg.HeaderTimeout,
		Protocols:         &http.Protocols{},
		BaseContext:       func(net.Listener) context.Context { return l.ctx },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, newConnInfo(cfg.Number(), l, c))
		},
		ConnState: l.connState,
		// Tests provoke refused handshakes, so the lines are kept for the error
		// of Wait rather than printed.
		ErrorLog: log.New(cfg.Problems, "", 0),
	}
	l.http.Protocols.SetHTTP1(true)
	l.http.Protocols.SetHTTP2(cfg.HTTP2)
	for _, listener := range listeners {
		l.running.Go(func() {
			// Serve returns an error when End closes the listener, which is
			// expected.
			_ = l.http.Serve(listener)
		})
	}
	return l
}

// counted counts the handlers of HTTP/2 streams, which may outlast their
// connection, for End.
func (l *Span) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor < 2 {
			h.ServeHTTP(w, r)
			return
		}
		if !l.enter() {
			panic(http.ErrAbortHandler)
		}
		defer l.running.Done()
		r, end := InfoOf(r).stream(r)
		defer end()
		h.ServeHTTP(w, r)
	})
}

// enter counts a handler, and reports false if the span is over.
func (l *Span) enter() bool {
	l.gate.Lock()
	defer l.gate.Unlock()
	if !l.ended {
		l.running.Add(1)
	}
	return !l.ended
}

// connState counts connections for End. http.Server calls it with StateNew
// before it returns to its accept loop, hence before End can see the loop end,
// and exactly once with a final state.
func (l *Span) connState(c net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		l.running.Add(1)
		if l.ending.Load() {
			// http.Server.Close had already looked for connections to close.
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

// closeLater closes an HTTP/2 connection after [Conn.ThenClose]. http.Server
// calls it when the last frame of the last answer is in its buffer; the next
// write sends it.
func (l *Span) closeLater(c net.Conn) {
	live := liveOf(c)
	if live == nil || !live.wire.thenClose.Load() {
		return
	}
	sent := func() { l.running.Go(func() { HangUp(c) }) }
	live.wire.sent.Store(&sent)
}

// End refuses new connections, breaks the open ones and waits for every
// goroutine.
func (l *Span) End() error {
	l.ending.Store(true)
	err := l.http.Close()
	l.gate.Lock()
	l.ended = true
	l.gate.Unlock()
	l.cancel() // after the connections, so that handlers that wake up cannot answer
	l.running.Wait()
	return err
}
