package transporttest

import (
	"crypto/x509"
	"errors"
	"fmt"

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
	var target E
	return errors.As(err, &target)
}

// untrusted checks the outcome of a packet for a server with an invalid
// certificate.
func (t *trial) untrusted(how string, srv *sentrytest.Server, p *transport.Packet, o outcome, c certificate) {
	t.Helper()
	if t.failed(how, p, o) != nil && (!c.refusal(o.err) || transport.Retryable(o.err)) {
		t.Errorf("%s: want an error that wraps an %s and is not Retryable, got %v", how, c.reason, o.err)
	}
	if n := len(srv.Requests()); n > 0 {
		t.Errorf("%s: %d requests were sent to a server with an invalid certificate", how, n)
	}
}

func tlsVerified(t *trial) {
	for _, c := range certificates() {
		srv := t.serveTLS(c.option)
		l := t.open(srv) // trusts the CA of the certificate "trusted"
		ways := l.ways()
		if c.refusal != nil {
			ways = l.attempts()
		}
		for _, w := range ways {
			p, how := l.packet(), fmt.Sprintf("%s, certificate %s", w.name, c.name)
			o := w.send(p)
			if c.refusal == nil {
				t.delivered(how, p, o)
				continue
			}
			t.untrusted(how, srv, p, o, c)
		}
	}
}

func tlsUnverified(t *trial) {
	for _, c := range certificates() {
		l := t.open(t.serveTLS(c.option), "verify_ssl", "0", "ca_certs", "")
		for _, w := range l.ways() {
			p := l.packet()
			t.delivered(fmt.Sprintf("%s, certificate %s", w.name, c.name), p, w.send(p))
		}
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
		for _, w := range l.attempts() {
			p := l.packet()
			t.untrusted(w.name+" "+c.name, srv, p, w.send(p), unknown)
		}
	}
	l := t.open(srv)
	for _, w := range l.ways() {
		p := l.packet()
		t.delivered(w.name+" with the right CA", p, w.send(p))
	}
}

func clientCert(t *trial) {
	srv := t.serveTLS(sentrytest.ClientCertRequired())
	cert, key := srv.ClientCertFiles()
	with, without := t.open(srv, "client_cert", cert, "client_key", key), t.open(srv)
	for _, w := range with.ways() {
		p := with.packet()
		t.delivered(w.name+" with a certificate", p, w.send(p))
	}
	for _, w := range without.attempts() {
		p := without.packet()
		t.failed(w.name+" without a certificate", p, w.send(p))
		if arrived(srv, p) {
			t.Errorf("%s: the packet arrived without a certificate", w.name)
		}
	}
}
