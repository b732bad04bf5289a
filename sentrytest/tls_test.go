package sentrytest_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// tlsVariants pairs every certificate with what crypto/tls says to it.
var tlsVariants = []struct {
	name   string
	option sentrytest.Option
	refuse func(error) bool // nil: accepted
}{
	{"Trusted", sentrytest.Trusted(), nil},
	{"Expired", sentrytest.Expired(), isExpired},
	{"NotYetValid", sentrytest.NotYetValid(), isExpired},
	{"WrongHost", sentrytest.WrongHost(), isError[x509.HostnameError]},
	{"SelfSigned", sentrytest.SelfSigned(), isError[x509.UnknownAuthorityError]},
	{"UnknownCA", sentrytest.UnknownCA(), isError[x509.UnknownAuthorityError]},
}

func isError[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// crypto/x509 has one reason for both ends of a certificate's life.
func isExpired(err error) bool {
	var e x509.CertificateInvalidError
	return errors.As(err, &e) && e.Reason == x509.Expired
}

func TestTLSVariants(t *testing.T) {
	t.Parallel()
	for _, v := range tlsVariants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			checkVariant(t, sentrytest.NewTLSServer(t, v.option), v.refuse)
		})
		t.Run(v.name+" in memory", func(t *testing.T) {
			t.Parallel()
			checkVariant(t, sentrytest.NewTLSServer(t, sentrytest.InMemory(), v.option), v.refuse)
		})
		// The clock of a bubble starts in the year 2000, with the same
		// certificates.
		t.Run(v.name+" in a bubble", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				checkVariant(t, sentrytest.NewServer(t, sentrytest.InMemory(), v.option), v.refuse)
			})
		})
	}
}

func checkVariant(t *testing.T, srv *sentrytest.Server, refuse func(error) bool) {
	t.Helper()
	g := NewWithT(t)
	g.Expect(srv.URL()).To(HavePrefix("https://"))
	_, err := trySend(t, srv, "POST", storePath, vectorJSON, authLine)
	if refuse == nil {
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(srv.Events()).To(HaveLen(1))
		g.Expect(srv.Events()[0].Received.TLS).To(BeTrue())
		return
	}
	g.Expect(err).To(HaveOccurred())
	g.Expect(refuse(err)).To(BeTrue(), "%v", err)
	g.Expect(srv.Requests()).To(BeEmpty())

	// A client that does not verify is served all the same.
	client := &http.Client{Transport: &http.Transport{
		DialContext:     srv.DialContext,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // the case is what happens without verification
	}}
	defer client.CloseIdleConnections()
	resp, err := client.Post(srv.URL()+storePath+"?sentry_key=a", "", strings.NewReader(vectorJSON))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.Body.Close()).To(Succeed())
	g.Expect(srv.Events()).To(HaveLen(1))
}

// A refused handshake is what the message of a failed wait is for.
func TestHandshakeFailuresAreReported(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	failures, _ := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewTLSServer(tb, sentrytest.UnknownCA(), sentrytest.InMemory())
		_, err := trySend(t, srv, "POST", storePath, vectorJSON, authLine)
		g.Expect(err).To(HaveOccurred())
		g.Eventually(srv.Dump).Should(ContainSubstring("TLS handshake error"))
		sentrytest.RequireEvent(tb, sentrytest.Source(srv), sentrytest.Within(1))
	})
	g.Expect(failures).To(ContainSubstring("arrived: nothing"))
	g.Expect(failures).To(MatchRegexp(`TLS handshake error from client: remote error: tls: (bad|unknown) certificate`))
	g.Expect(failures).NotTo(ContainSubstring("does not trust"), "it is not to trust this one")
}

// A client that was not told about the CA is the most frequent of those
// failures, and has a remedy.
func TestHandshakeFailuresOfATrustedServer(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewTLSServer(t)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: x509.NewCertPool()}}}
	_, err := client.Get(srv.URL())
	g.Expect(isError[x509.UnknownAuthorityError](err)).To(BeTrue(), "%v", err)
	const remedy = `(sentrytest.DSNParam("ca_certs", srv.CACertFile())), or srv.CertPool() for other clients`
	g.Eventually(func() string { return sentrytest.Explain(srv) }).Should(
		HaveSuffix("\n    the client does not trust the server's CA: srv.DSN" + remedy))
	g.Expect(sentrytest.Explain(srv.Tenant(t))).To(HaveSuffix("\n    the client does not trust the server's CA: tenant.DSN" + remedy))
}

func TestCertificateNames(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewTLSServer(t)
	for _, name := range []string{"127.0.0.1", "::1", "localhost"} {
		c, err := tls.Dial("tcp", srv.Addr(), &tls.Config{RootCAs: srv.CertPool(), ServerName: name})
		g.Expect(err).NotTo(HaveOccurred(), name)
		g.Expect(c.Close()).To(Succeed())
	}
	_, err := tls.Dial("tcp", srv.Addr(), &tls.Config{RootCAs: srv.CertPool(), ServerName: "example.com"})
	g.Expect(isError[x509.HostnameError](err)).To(BeTrue(), "%v", err)
}

func TestClientCertRequired(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t, sentrytest.ClientCertRequired())
	certFile, keyFile := srv.ClientCertFiles()
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(cert.Certificate).To(Equal(srv.ClientCertificate().Certificate))
	try := func(certs ...tls.Certificate) error {
		client := &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: srv.CertPool(), Certificates: certs},
		}}
		defer client.CloseIdleConnections()
		resp, err := client.Post(srv.URL()+storePath+"?sentry_key=a", "", strings.NewReader(vectorJSON))
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	}
	g.Expect(try(cert)).To(Succeed())
	err = try()
	var alert tls.AlertError
	g.Expect(errors.As(err, &alert) || errors.Is(err, io.EOF) || isError[*net.OpError](err)).To(BeTrue(), "%v", err)
	g.Expect(err).To(HaveOccurred())
	g.Expect(srv.Events()).To(HaveLen(1))
	g.Expect(store(t, srv, vectorJSON).Status).To(Equal(200), "Client brings its certificate")

	both := sentrytest.NewServer(t, sentrytest.ClientCertRequired(), sentrytest.Expired())
	_, err = trySend(t, both, "POST", storePath, vectorJSON)
	g.Expect(isExpired(err)).To(BeTrue(), "%v", err)
}

func TestCAFiles(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv, err := sentrytest.Start(sentrytest.Trusted())
	g.Expect(err).NotTo(HaveOccurred())
	file, other := srv.CACertFile(), srv.OtherCACertFile()
	g.Expect(srv.CACertFile()).To(Equal(file), "made once")
	dial := func(path string) error {
		pem, err := os.ReadFile(path)
		g.Expect(err).NotTo(HaveOccurred())
		pool := x509.NewCertPool()
		g.Expect(pool.AppendCertsFromPEM(pem)).To(BeTrue())
		c, err := tls.Dial("tcp", srv.Addr(), &tls.Config{RootCAs: pool})
		if err == nil {
			err = c.Close()
		}
		return err
	}
	g.Expect(dial(file)).To(Succeed())
	g.Expect(isError[x509.UnknownAuthorityError](dial(other))).To(BeTrue())
	pem, err := os.ReadFile(file)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(pem).To(Equal(srv.CACertPEM()))

	g.Expect(srv.Close()).To(Succeed())
	for _, path := range []string{file, other} {
		_, err := os.Stat(path)
		g.Expect(err).To(MatchError(os.ErrNotExist))
	}
	g.Expect(srv.CACertFile()).To(Equal(file), "the path of a file that is gone")
	g.Expect(func() { srv.ClientCertFiles() }).To(PanicWith(ContainSubstring("after Close")))
}

func TestPlainServerHasTheCAToo(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	a, b := sentrytest.NewServer(t), sentrytest.NewTLSServer(t)
	g.Expect(a.URL()).To(HavePrefix("http://"))
	g.Expect(a.CACertPEM()).To(Equal(b.CACertPEM()))
	g.Expect(a.CACertFile()).To(BeARegularFile())
}
