package transporttest

import (
	"crypto/x509"
	"errors"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

var tlsCases = []Case{
	{
		Name: "TLSVerified", Rule: "The server's certificate and host name are verified. TLS errors are those of crypto/tls and crypto/x509, wrapped.",
		needs: []need{needsTLS}, run: overTLS(tlsVerified),
	},
	{
		Name: "TLSUnverified", Rule: "verify_ssl=0 accepts any certificate.",
		needs: []need{needsTLS}, run: overTLS(tlsUnverified),
	},
	{
		Name: "CACerts", Rule: "The roots of ca_certs replace the system's.",
		needs: []need{needsTLS}, run: overTLS(caCerts),
	},
	{
		Name: "ClientCert", Rule: "client_cert and client_key are for servers that ask for a certificate.",
		needs: []need{needsTLS}, run: overTLS(clientCert),
	},
}

func overTLS(run func(t *trial)) func(t *trial) {
	return func(t *trial) {
		t.base = "https"
		run(t)
	}
}

// certificate is a server's certificate with the error that it must cause.
type certificate struct {
	name    string
	option  sentrytest.Option
	refusal func(err error) bool // nil for a valid certificate
	reason  string               // the name of the error
}

func certificates() []certificate {
	return []certificate{
		{"trusted", sentrytest.Trusted(), nil, ""},
		{"expired", sentrytest.Expired(), wraps[x509.CertificateInvalidError], "x509.CertificateInvalidError"},
		{"not yet valid", sentrytest.NotYetValid(), wraps[x509.CertificateInvalidError], "x509.CertificateInvalidError"},
		{"for another host", sentrytest.WrongHost(), wraps[x509.HostnameError], "x509.HostnameError"},
		{"self-signed", sentrytest.SelfSigned(), wraps[x509.UnknownAuthorityError], "x509.UnknownAuthorityError"},
		{"of an unknown CA", sentrytest.UnknownCA(), wraps[x509.UnknownAuthorityError], "x509.UnknownAuthorityError"},
	}
}

func wraps[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// untrusted judges the outcome of a packet for a server with an invalid
// certificate.
func (t *trial) untrusted(srv *sentrytest.Server, c certificate) judgment {
	return func(how string, p *transport.Packet, o outcome) {
		t.Helper()
		if t.failed(how, p, o) != nil && (!c.refusal(o.err) || transport.Retryable(o.err)) {
			t.Errorf("%s: want an error that wraps an %s and is not Retryable, got %v", how, c.reason, o.err)
		}
		if n := len(srv.Requests()); n > 0 {
			t.Errorf("%s: %d requests were sent to a server with an invalid certificate", how, n)
		}
	}
}

func tlsVerified(t *trial) {
	for _, c := range certificates() {
		srv := t.serveTLS(c.option)
		l := t.open(srv) // trusts the CA of the certificate "trusted"
		if c.refusal == nil {
			l.each(l.ways(), ", certificate "+c.name, t.delivered)
		} else {
			l.each(l.attempts(), ", certificate "+c.name, t.untrusted(srv, c))
		}
	}
}

func tlsUnverified(t *trial) {
	for _, c := range certificates() {
		l := t.open(t.serveTLS(c.option), "verify_ssl", "0", "ca_certs", "")
		l.each(l.ways(), ", certificate "+c.name, t.delivered)
	}
}

func caCerts(t *trial) {
	srv := t.serve()
	unknown := certificates()[5]
	for _, c := range []struct{ name, file string }{
		{"with another CA", srv.OtherCACertFile()},
		{"with the system's CAs", ""},
	} {
		l := t.open(srv, "ca_certs", c.file)
		l.each(l.attempts(), " "+c.name, t.untrusted(srv, unknown))
	}
	l := t.open(srv)
	l.each(l.ways(), " with the right CA", t.delivered)
}

func clientCert(t *trial) {
	srv := t.serveTLS(sentrytest.ClientCertRequired())
	cert, key := srv.ClientCertFiles()
	with, without := t.open(srv, "client_cert", cert, "client_key", key), t.open(srv)
	with.each(with.ways(), " with a certificate", t.delivered)
	without.each(without.attempts(), " without a certificate", func(how string, p *transport.Packet, o outcome) {
		t.failed(how, p, o)
		if arrived(srv, p) {
			t.Errorf("%s: the packet arrived", how)
		}
	})
}
