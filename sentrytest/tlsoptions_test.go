package sentrytest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// dialTLS makes a handshake alone, with the server's CA.
func dialTLS(t *testing.T, srv *sentrytest.Server, change func(*tls.Config)) (tls.ConnectionState, error) {
	t.Helper()
	c, err := srv.DialContext(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{RootCAs: srv.CertPool(), ServerName: "127.0.0.1"}
	if change != nil {
		change(config)
	}
	conn := tls.Client(c, config)
	defer conn.Close()
	err = conn.HandshakeContext(t.Context())
	return conn.ConnectionState(), err
}

func TestIncompleteChain(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]sentrytest.Option{nil, {sentrytest.InMemory()}} {
		checkVariant(t, sentrytest.NewServer(t, append(opts, sentrytest.IncompleteChain())...), isError[x509.UnknownAuthorityError])
	}
	g := NewWithT(t)
	srv := sentrytest.NewServer(t, sentrytest.IncompleteChain())
	state, err := dialTLS(t, srv, func(c *tls.Config) { c.InsecureSkipVerify = true })
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(state.PeerCertificates).To(HaveLen(1), "the intermediate is not sent")
	g.Expect(state.PeerCertificates[0].Issuer.CommonName).To(Equal("sentrytest intermediate CA"))
}

// Go has no error type for a refused version: it is an alert of the other side.
func isRemoteError(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error" && strings.Contains(err.Error(), "protocol version")
}

func TestTLSVersions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name              string
		option            sentrytest.Option
		spoken, tooModern uint16
	}{
		{"TLS12Only", sentrytest.TLS12Only(), tls.VersionTLS12, tls.VersionTLS13},
		{"TLS10Only", sentrytest.TLS10Only(), tls.VersionTLS10, tls.VersionTLS12},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, c.option)
			state, err := dialTLS(t, srv, func(config *tls.Config) { config.MinVersion = tls.VersionTLS10 })
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(state.Version).To(Equal(c.spoken))
			_, err = dialTLS(t, srv, func(config *tls.Config) { config.MinVersion = c.tooModern })
			g.Expect(isRemoteError(err)).To(BeTrue(), "%v", err)
		})
	}
	g := NewWithT(t)
	g.Expect(store(t, sentrytest.NewServer(t, sentrytest.TLS12Only()), vectorJSON).Status).To(Equal(200))
	_, err := trySend(t, sentrytest.NewServer(t, sentrytest.TLS10Only()), "POST", storePath, vectorJSON)
	g.Expect(isRemoteError(err)).To(BeTrue(), "%v", err)
}

func TestHandshakeStall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.HandshakeStall(), sentrytest.InMemory())
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		g.Expect(post(ctx, srv)).To(MatchError(context.DeadlineExceeded))
		g.Expect(time.Since(start)).To(Equal(time.Hour))

		client := &http.Client{Transport: &http.Transport{DialContext: srv.DialContext, TLSHandshakeTimeout: time.Minute}}
		_, err := client.Get(srv.URL())
		var timeout net.Error
		g.Expect(errors.As(err, &timeout) && timeout.Timeout()).To(BeTrue(), "%v", err)
		g.Expect(err).To(MatchError(ContainSubstring("TLS handshake timeout")))
		g.Expect(srv.Requests()).To(BeEmpty())
	})
}

// Close, and Down, do not wait for a handshake.
func TestHandshakeStallOnASocket(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t, sentrytest.HandshakeStall())
	failed := make(chan error, 1)
	go func() {
		_, err := srv.Client().Get(srv.URL())
		failed <- err
	}()
	g.Eventually(srv.Connections).Should(Equal(1))
	g.Expect(srv.Restart()).To(Succeed())
	g.Expect(<-failed).To(HaveOccurred())
}

func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t, sentrytest.PlainHTTP())
	g.Expect(srv.DSN()).To(HavePrefix("https://"))
	_, err := dialTLS(t, srv, nil)
	g.Expect(isError[tls.RecordHeaderError](err)).To(BeTrue(), "%v", err)
	_, err = trySend(t, srv, "POST", storePath, vectorJSON)
	g.Expect(err).To(MatchError(http.ErrSchemeMismatch))
	g.Expect(srv.Requests()).To(BeEmpty())
}

func TestSANs(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t, sentrytest.SANs("sentry.test", "*.example.com", "192.0.2.1"))
	for _, name := range []string{"sentry.test", "eu.example.com", "192.0.2.1"} {
		_, err := dialTLS(t, srv, func(c *tls.Config) { c.ServerName = name })
		g.Expect(err).NotTo(HaveOccurred(), name)
	}
	for _, name := range []string{"127.0.0.1", "localhost", "example.com"} {
		_, err := dialTLS(t, srv, func(c *tls.Config) { c.ServerName = name })
		g.Expect(isError[x509.HostnameError](err)).To(BeTrue(), "%s: %v", name, err)
	}

	expired := sentrytest.NewServer(t, sentrytest.SANs("sentry.test"), sentrytest.Expired())
	_, err := dialTLS(t, expired, func(c *tls.Config) { c.ServerName = "sentry.test" })
	g.Expect(isExpired(err)).To(BeTrue(), "%v", err)
}

// The CA comes in three forms, which are one.
func TestCAForms(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewTLSServer(t)
	fromPEM := x509.NewCertPool()
	g.Expect(fromPEM.AppendCertsFromPEM(srv.CACertPEM())).To(BeTrue())
	g.Expect(fromPEM.Equal(srv.CertPool())).To(BeTrue())
	_, err := dialTLS(t, srv, func(c *tls.Config) { c.RootCAs = fromPEM })
	g.Expect(err).NotTo(HaveOccurred())
}
