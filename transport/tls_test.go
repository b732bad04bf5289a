package transport_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// tlsServers has the certificates that a client may meet, each with the type of
// crypto/x509's error; nil for a valid one.
var tlsServers = map[string]struct {
	option  sentrytest.Option
	refusal func(error) bool
}{
	"trusted":       {sentrytest.Trusted(), nil},
	"expired":       {sentrytest.Expired(), refusedAs[x509.CertificateInvalidError]},
	"not yet valid": {sentrytest.NotYetValid(), refusedAs[x509.CertificateInvalidError]},
	"wrong host":    {sentrytest.WrongHost(), refusedAs[x509.HostnameError]},
	"self-signed":   {sentrytest.SelfSigned(), refusedAs[x509.UnknownAuthorityError]},
	"unknown CA":    {sentrytest.UnknownCA(), refusedAs[x509.UnknownAuthorityError]},
}

func refusedAs[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

// sendTLS delivers one packet over both transports.
func sendTLS(t *testing.T, srv *sentrytest.Server, check func(g *WithT, err error), params ...string) {
	t.Helper()
	for _, scheme := range []string{"", "sync", "threaded"} {
		options := []sentrytest.DSNOption{sentrytest.DSNScheme(scheme)}
		for i := 0; i < len(params); i += 2 {
			options = append(options, sentrytest.DSNParam(params[i], params[i+1]))
		}
		dsn := srv.DSN(options...)
		t.Run(scheme+"+https", func(t *testing.T) {
			_, err := open(t, dsn, transport.Env{}).Send(t.Context(), packet(t, dsn, eventID))
			check(NewWithT(t), err)
		})
	}
}

func succeeds(g *WithT, err error) { g.Expect(err).NotTo(HaveOccurred()) }

func TestVerifySSL(t *testing.T) {
	for name, c := range tlsServers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := sentrytest.NewTLSServer(t, c.option)
			sendTLS(t, srv, func(g *WithT, err error) {
				if c.refusal == nil {
					g.Expect(err).NotTo(HaveOccurred())
					return
				}
				g.Expect(c.refusal(err)).To(BeTrue(), "%v", err)
				g.Expect(transport.Retryable(err)).To(BeFalse())
			}, "verify_ssl", "1", "ca_certs", srv.CACertFile())
		})
		t.Run(name+", not verified", func(t *testing.T) {
			t.Parallel()
			srv := sentrytest.NewTLSServer(t, c.option)
			sendTLS(t, srv, succeeds, "verify_ssl", "0")
			NewWithT(t).Expect(srv.Events()).To(HaveLen(3))
		})
	}
}

func TestCACerts(t *testing.T) {
	unknown := func(g *WithT, err error) {
		g.Expect(refusedAs[x509.UnknownAuthorityError](err)).To(BeTrue(), "%v", err)
	}
	t.Run("the system's roots by default", func(t *testing.T) {
		sendTLS(t, sentrytest.NewTLSServer(t), unknown)
	})
	t.Run("of another CA", func(t *testing.T) {
		srv := sentrytest.NewTLSServer(t)
		sendTLS(t, srv, unknown, "ca_certs", srv.OtherCACertFile())
	})
	t.Run("as a Go value", func(t *testing.T) {
		srv := sentrytest.NewTLSServer(t)
		env := transport.Env{TLS: &tls.Config{RootCAs: srv.CertPool()}}
		_, err := open(t, srv.DSN(), env).Send(t.Context(), packet(t, srv.DSN(), eventID))
		succeeds(NewWithT(t), err)
	})
}

func TestClientCertificate(t *testing.T) {
	srv := sentrytest.NewTLSServer(t, sentrytest.ClientCertRequired())
	cert, key := srv.ClientCertFiles()
	t.Run("given", func(t *testing.T) {
		sendTLS(t, srv, succeeds, "ca_certs", srv.CACertFile(), "client_cert", cert, "client_key", key)
	})
	t.Run("missing", func(t *testing.T) {
		sendTLS(t, srv, func(g *WithT, err error) {
			g.Expect(refusedAs[*transport.NetworkError](err)).To(BeTrue(), "%v", err)
		}, "ca_certs", srv.CACertFile())
	})
	// In TLS 1.3 the refusal comes after the handshake, and a reset may
	// overtake it. In TLS 1.2 the client always receives the reason.
	t.Run("missing, in TLS 1.2", func(t *testing.T) {
		g := NewWithT(t)
		env := transport.Env{TLS: &tls.Config{RootCAs: srv.CertPool(), MaxVersion: tls.VersionTLS12}}
		_, err := open(t, srv.DSN(), env).Send(t.Context(), packet(t, srv.DSN(), eventID))
		g.Expect(err).To(MatchError(ContainSubstring("remote error: tls: ")))
		g.Expect(transport.Retryable(err)).To(BeFalse())
	})
	t.Run("with another's key", func(t *testing.T) {
		err := openError(t, srv.DSN(sentrytest.DSNParam("client_cert", srv.CACertFile()), sentrytest.DSNParam("client_key", key)), transport.Env{})
		NewWithT(t).Expect(refusedAs[*transport.OptionError](err)).To(BeTrue(), "%v", err)
	})
}
