package sentrytest

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"github.com/ravenkit/ravenkit/sentrytest/internal/certs"
)

// serverTLS returns the server's TLS settings, or nil for a server without TLS.
func (c *config) serverTLS() *tls.Config {
	if c.cert == certs.None || c.plain {
		return nil
	}
	t := &tls.Config{
		MinVersion:   c.minTLS,
		MaxVersion:   c.maxTLS,
		NextProtos:   []string{"http/1.1"},
		Certificates: []tls.Certificate{certs.Server(c.cert, c.sans, c.certNames)},
	}
	if c.http2 {
		t.NextProtos = []string{"h2", "http/1.1"}
	}
	if c.clientCert {
		t.ClientAuth = tls.RequireAndVerifyClientCert
		t.ClientCAs = certs.CA().Pool()
	}
	return t
}

// CACertPEM returns the certificate of the trusted CA, PEM encoded. It signs
// the certificates of the [Trusted], [Expired], [NotYetValid] and [WrongHost]
// servers, and is the same for all servers of a process. [UnknownCA] and
// [SelfSigned] servers return it too, and verification fails.
func (s *Server) CACertPEM() []byte {
	return certs.CA().PEM()
}

// CertPool returns a new pool that holds the trusted CA alone, for
// tls.Config.RootCAs.
func (s *Server) CertPool() *x509.CertPool {
	return certs.CA().Pool()
}

// CACertFile returns the path of a PEM file with the trusted CA (see
// [Server.CACertPEM]), for a DSN's ca_certs option and for programs in other
// languages. The file is written by the first call and removed by Close. A file
// that cannot be written fails the test; without a test it panics.
func (s *Server) CACertFile() string {
	return s.tempFile("ca.pem", certs.CA().PEM())
}

// OtherCACertFile is like [Server.CACertFile], but has a CA that signed no
// certificate of any server: a client that trusts only this CA must refuse all
// of them.
func (s *Server) OtherCACertFile() string {
	return s.tempFile("other-ca.pem", certs.OtherCA().PEM())
}

// ClientCertificate returns the certificate that a [ClientCertRequired] server
// asks for, with its key.
func (s *Server) ClientCertificate() tls.Certificate {
	return certs.Client()
}

// ClientCertFiles returns the paths of PEM files with the certificate and the
// private key that a [ClientCertRequired] server asks for. They live as long as
// the file of [Server.CACertFile].
func (s *Server) ClientCertFiles() (certFile, keyFile string) {
	cert, key := certs.PEM(certs.Client())
	return s.tempFile("client.pem", cert), s.tempFile("client-key.pem", key)
}

// tempFile returns the path of the named file. A failure fails the test, or
// panics without one.
func (s *Server) tempFile(name string, content []byte) string {
	path, err := s.files.Write(name, content)
	if err == nil {
		return path
	}
	if s.tb == nil {
		panic(fmt.Sprintf("sentrytest: writing a certificate file: %v", err))
	}
	s.tb.Helper()
	s.tb.Fatalf("sentrytest: writing a certificate file: %v", err)
	return ""
}
