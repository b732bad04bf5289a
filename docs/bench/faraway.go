package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

// faraway is a server with TLS behind a network with a delay.
type faraway struct {
	*httptest.Server
	// Returns the delay and the status of an answer, for the number of requests
	// in flight.
	takes func(now int) (time.Duration, int)

	mu    sync.Mutex
	seen  map[string]bool // event ids
	now   int             // requests in flight
	most  int             // the most since the last call of peak
	open  int             // connections
	conns int             // the most connections at a time
	proto string          // of the last request
}

func newFaraway(http2 bool, takes func(now int) (time.Duration, int)) *faraway {
	f := &faraway{takes: takes, seen: make(map[string]bool)}
	f.Server = httptest.NewUnstartedServer(f)
	f.EnableHTTP2 = http2
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		f.mu.Lock()
		defer f.mu.Unlock()
		switch state {
		case http.StateNew:
			f.open++
			f.conns = max(f.conns, f.open)
		case http.StateClosed, http.StateHijacked:
			f.open--
		default:
		}
	}
	f.StartTLS()
	return f
}

// ServeHTTP accepts an event after the delay.
func (f *faraway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, err := eventID(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	f.now++
	f.most = max(f.most, f.now)
	f.proto = r.Proto
	takes, status := f.takes(f.now)
	f.mu.Unlock()
	time.Sleep(takes)
	f.mu.Lock()
	f.now--
	if id != "" && status == http.StatusOK {
		f.seen[id] = true
	}
	f.mu.Unlock()
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer)
}

// peak returns the most requests in flight since the last call.
func (f *faraway) peak() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	most := f.most
	f.most = f.now
	return most
}

// arrived returns the number of events, the most connections at a time, and the
// protocol.
func (f *faraway) arrived() (events, conns int, proto string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.seen), f.conns, f.proto
}

func (f *faraway) dsn() string { return fmt.Sprintf("https://public@%s/1", f.Listener.Addr()) }

// ours returns our client for the server.
func (f *faraway) ours(ctx context.Context) (*ours, error) {
	return newOurs(ctx, f.dsn(), raven.WithLogger(slog.New(slog.DiscardHandler)), raven.WithEnv(transport.Env{TLS: f.trusting()}))
}

// trusting returns a TLS configuration that accepts the server.
func (f *faraway) trusting() *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(f.Certificate())
	return &tls.Config{RootCAs: roots}
}
