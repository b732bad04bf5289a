package sentrytest

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
)

// DialContext opens a connection to this server, whatever address is asked for; a server with [ListenTLS] is dialled
// at its https listener when that listener's address is asked for. Its signature is that of
// http.Transport.DialContext. It is the only way to an [InMemory] server, and works on every other too.
// The connection carries no TLS yet: an https client adds its own.
func (s *Server) DialContext(ctx context.Context, _, addr string) (net.Conn, error) {
	host, memory := s.host, s.memory
	if addr != "" && addr == s.secure.host {
		host, memory = s.secure.host, s.secure.memory
	}
	if memory != nil {
		return memory.dial(ctx)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", host)
}

// Client returns an http.Client that reaches this server: it trusts the CA of [Server.CertPool], carries
// the client certificate if the server asks for one, and dials through [Server.DialContext]. It follows no
// redirects and uses no proxy. All calls return the same client; Close closes its idle connections.
func (s *Server) Client() *http.Client {
	s.client.Lock()
	defer s.client.Unlock()
	if s.shared == nil {
		t := &tls.Config{RootCAs: s.CertPool(), MinVersion: tls.VersionTLS12}
		if s.cfg.clientCert {
			t.Certificates = []tls.Certificate{clientCert()}
		}
		s.shared = &http.Client{
			Transport: &http.Transport{DialContext: s.DialContext, TLSClientConfig: t, DisableCompression: true},
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		}
	}
	return s.shared
}

func (s *Server) closeIdleClient() {
	s.client.Lock()
	defer s.client.Unlock()
	if s.shared != nil {
		s.shared.CloseIdleConnections()
	}
}

// connKey is the context key of a request's connInfo.
type connKey struct{}

// connInfo tells a handler which connection its request came on.
type connInfo struct {
	id int
}

func (s *Server) connContext(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, connInfo{id: int(s.accepted.Add(1))})
}

// connState counts connections for Close. http.Server calls it with StateNew before it returns to its
// accept loop, hence before Close can see the loop end, and exactly once with one of the final states.
func (s *Server) connState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.running.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.running.Done()
	}
}
