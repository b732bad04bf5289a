package transporttest

import (
	"context"
	"io"
	"net"
	"sync"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// relay passes bytes between a transport and a server, with TLS or without. It
// sees when the transport opens and closes connections, and can delay
// everything from the server.
type relay struct {
	t        *trial
	srv      *sentrytest.Server
	addr     string
	listener net.Listener // nil on a Network
	running  sync.WaitGroup

	mu     sync.Mutex
	closed bool
	// Open connections of the transport, and those to the server.
	conns map[net.Conn]bool
	open  int           // open connections of the transport
	most  int           // the most at one time
	total int           // all so far
	gate  chan struct{} // nil, or closed when the server's bytes may pass
}

// relay starts a relay; it ends with the trial.
func (t *trial) relay(srv *sentrytest.Server) *relay {
	t.Helper()
	r := &relay{t: t, srv: srv, conns: make(map[net.Conn]bool)}
	t.Cleanup(r.stop)
	if t.h.Network != nil {
		r.addr = t.h.Network.join(r.door)
		return r
	}
	var err error
	if r.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatalf("%v", err)
	}
	r.addr = r.listener.Addr().String()
	r.running.Go(r.accept)
	return r
}

// dsn returns the server's DSN with the address of the relay.
func (r *relay) dsn(params ...string) *transport.DSN {
	dsn := r.t.dsn(r.srv, params...)
	dsn.Host = r.addr
	return dsn
}

// hold delays everything from the servers.
func (r *relay) hold() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gate = make(chan struct{})
}

func (r *relay) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.gate)
	r.gate = nil
}

// connections returns the number of the transport's open connections, the most
// at one time, and the number of all so far.
func (r *relay) connections() (open, most, total int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open, r.most, r.total
}

func (r *relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", r.t.addr(r.srv))
		if err != nil {
			_ = client.Close()
			continue
		}
		r.pass(client, server)
	}
}

// door connects a transport on the harness's network.
func (r *relay) door(ctx context.Context, network, _ string) (net.Conn, error) {
	server, err := r.t.h.Network.DialContext(ctx, network, r.t.addr(r.srv))
	if err != nil {
		return nil, err
	}
	near, far := halves()
	r.pass(far, server)
	return near, nil
}

func (r *relay) pass(client, server net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		_, _ = client.Close(), server.Close()
		return
	}
	r.conns[client], r.conns[server] = true, true
	r.open++
	r.total++
	r.most = max(r.most, r.open)
	ended := make(chan struct{})
	r.running.Go(func() {
		_, _ = io.Copy(server, client) // ends when the transport closes
		close(ended)
		r.end(client, server)
	})
	r.running.Go(func() {
		_, _ = io.Copy(gated{client, r, ended}, server)
		// The transport sees the end of the server's side and must close its
		// own.
		_ = client.(interface{ CloseWrite() error }).CloseWrite()
	})
}

// gated is the direction to the transport, which hold stops.
type gated struct {
	io.Writer
	relay *relay
	ended <-chan struct{} // the transport has closed its side
}

func (g gated) Write(p []byte) (int, error) {
	g.relay.mu.Lock()
	gate := g.relay.gate
	g.relay.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-g.ended:
		}
	}
	return g.Writer.Write(p)
}

func (r *relay) end(client, server net.Conn) {
	_, _ = client.Close(), server.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conns[client] {
		r.open--
	}
	delete(r.conns, client)
	delete(r.conns, server)
}

func (r *relay) stop() {
	if r.listener != nil {
		_ = r.listener.Close()
	}
	r.mu.Lock()
	r.closed = true
	for c := range r.conns {
		_ = c.Close()
	}
	r.mu.Unlock()
	r.running.Wait()
}
