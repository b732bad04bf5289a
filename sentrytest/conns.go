package sentrytest

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"

	"github.com/ravenkit/ravenkit/sentrytest/internal/certs"
)

// DialContext opens a connection to this server, whatever the address is. On a
// server with [ListenTLS] the address of the https listener leads to that. The
// signature is that of http.Transport.DialContext. It is the only way to an
// [InMemory] server, and works on every other too. It is refused while the
// server is down. The connection has no TLS yet: an https client adds its own.
func (s *Server) DialContext(ctx context.Context, _, addr string) (net.Conn, error) {
	secure := addr != "" && addr == s.secure.host
	if s.cfg.inMemory {
		return s.current.Load().dial(ctx, secure)
	}
	host := s.host
	if secure {
		host = s.secure.host
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", host)
}

// Client returns an http.Client that reaches this server: it trusts the CA of
// [Server.CertPool], carries the client certificate if the server asks for one,
// and dials through [Server.DialContext]. It speaks HTTP/2 with a server that
// has [HTTP2]. It follows no redirects and uses no proxy. All calls return the
// same client; Down and Close close its idle connections.
func (s *Server) Client() *http.Client {
	s.client.Lock()
	defer s.client.Unlock()
	if s.shared == nil {
		t := &tls.Config{RootCAs: s.CertPool(), MinVersion: tls.VersionTLS12}
		if s.cfg.clientCert {
			t.Certificates = []tls.Certificate{certs.Client()}
		}
		s.shared = &http.Client{
			Transport: &http.Transport{
				DialContext: s.DialContext, TLSClientConfig: t, DisableCompression: true, ForceAttemptHTTP2: s.cfg.http2,
			},
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

// numberConn counts a connection and returns its number.
func (s *Server) numberConn() int { return int(s.accepted.Add(1)) }
