package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/advice"
)

// soon is how long before a certificate's end a warning is printed.
const soon = 14 * 24 * time.Hour

type inspection struct {
	skip bool  // verify_ssl=0
	stop error // ends the handshake after the verification

	// A handshake that was given up may still be running.
	mu sync.Mutex
	// The hosts that are still to show certificates; the last one is the
	// server.
	hosts   []string
	state   tls.ConnectionState
	verdict error // of the verification, even if skip
	asked   bool  // the server asked for a client certificate
}

// handshake connects to the server to get its certificates, even invalid ones.
func (e *examination) handshake(ctx context.Context) finding {
	if strings.HasSuffix(e.target.dsn.Scheme, "http") {
		return skip("the DSN has http: everything is sent unencrypted, including the key")
	}
	cfg, err := e.http.TLSConfig()
	if err != nil {
		return bad(err, advice.For(err, e.target.dsn))
	}
	seen := &inspection{hosts: []string{advice.Hostname(e.target.dsn)}, skip: e.http.SkipVerify}
	start := time.Now()
	if e.proxy == nil {
		conn := tls.Client(e.conn, seen.apply(cfg, seen.hosts[0]))
		err = conn.HandshakeContext(ctx)
	} else {
		err = e.throughProxy(ctx, seen)
	}
	return e.judge(seen, err, time.Since(start))
}

// apply makes a configuration verify in the same way as crypto/tls. crypto/tls
// itself does not return a refused certificate.
func (s *inspection) apply(cfg *tls.Config, serverName string) *tls.Config {
	roots, pairs := cfg.RootCAs, cfg.Certificates
	cfg.ServerName = serverName
	cfg.InsecureSkipVerify = true // VerifyConnection verifies
	cfg.VerifyConnection = func(state tls.ConnectionState) error { return s.verify(state, roots) }
	cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = true
		if len(pairs) == 0 {
			return new(tls.Certificate), nil
		}
		return &pairs[0], nil
	}
	return cfg
}

func (s *inspection) verify(state tls.ConnectionState, roots *x509.CertPool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	host, stop := s.hosts[0], s.stop
	if len(s.hosts) > 1 {
		s.hosts, stop = s.hosts[1:], nil // this was a proxy; the server is next
	}
	s.state = state
	options := x509.VerifyOptions{Roots: roots, DNSName: host, Intermediates: x509.NewCertPool()}
	for _, c := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(c)
	}
	_, s.verdict = state.PeerCertificates[0].Verify(options)
	if s.verdict != nil && !s.skip {
		return s.verdict
	}
	return stop
}

// errSeen ends a handshake after the certificates are known.
var errSeen = errors.New("seen enough")

// throughProxy lets net/http connect through the proxy, and ends the handshake
// before a request is sent.
func (e *examination) throughProxy(ctx context.Context, seen *inspection) error {
	cfg, err := e.http.TLSConfig()
	if err != nil {
		return err
	}
	seen.stop = errSeen
	if e.proxy.Scheme == "https" {
		seen.hosts = []string{e.proxy.Hostname(), seen.hosts[0]}
	}
	way := &http.Transport{Proxy: e.http.ProxyFunc(), TLSClientConfig: seen.apply(cfg, ""), TLSHandshakeTimeout: e.timeout}
	defer way.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, e.target.dsn.BaseURL(), nil)
	if err != nil {
		return err
	}
	answer, err := way.RoundTrip(request)
	if errors.Is(err, errSeen) {
		return nil
	}
	if err == nil {
		return answer.Body.Close()
	}
	return err
}

func (e *examination) judge(s *inspection, err error, took time.Duration) finding {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		f := bad(err, e.networkFixTLS(err))
		return f.withChain(s.state.PeerCertificates, time.Now())
	}
	f := ok("%s, %s, in %s", tls.VersionName(s.state.Version), tls.CipherSuiteName(s.state.CipherSuite), brief(took))
	switch {
	case s.verdict != nil:
		f.text += "; the certificate is NOT verified (verify_ssl=0)"
		f = f.with("would fail", "%v", s.verdict)
	case e.http.CACerts != "":
		f = f.with("verified", "with the roots in %s", e.http.CACerts)
	default:
		f = f.with("verified", "with the system's roots")
	}
	if s.asked && e.http.ClientCert == "" {
		f = f.with("client", "the server asks for a client certificate; the DSN has no client_cert and client_key")
	}
	return f.withChain(s.state.PeerCertificates, time.Now())
}

func (e *examination) networkFixTLS(err error) string {
	if fix := advice.Network(err, "", e.target.dsn); fix != "" {
		return fix
	}
	if e.proxy != nil {
		return "the proxy or the server ended the connection: check their logs; proxy=none in the DSN uses no proxy"
	}
	return ""
}

// withChain adds the certificates that the server sent, its own first.
func (f finding) withChain(chain []*x509.Certificate, now time.Time) finding {
	for i, c := range chain {
		label, text := "certificate", c.Subject.String()
		if i > 0 {
			label = "sent along"
		}
		f = f.with(label, "%s", text)
		if i == 0 {
			f = f.with("for hosts", "%s", advice.Names(c))
		}
		f = f.with("valid", "%s", validity(c, now)).with("signed by", "%s", signer(c))
	}
	return f
}

func signer(c *x509.Certificate) string {
	if advice.SelfSigned(c) {
		return "itself"
	}
	return c.Issuer.String()
}

// validity returns the period in which a certificate is valid, and the time
// that is left.
func validity(c *x509.Certificate, now time.Time) string {
	text := fmt.Sprintf("from %s to %s", c.NotBefore.Format(advice.DateFormat), c.NotAfter.Format(advice.DateFormat))
	left := c.NotAfter.Sub(now)
	days := count(int(left.Abs()/(24*time.Hour)), "day")
	switch {
	case left < 0:
		return text + ", EXPIRED " + days + " ago"
	case now.Before(c.NotBefore):
		return text + ", NOT YET"
	case left < soon:
		return text + ", ONLY " + days + " left: renew it"
	}
	return text + ", " + days + " left"
}
