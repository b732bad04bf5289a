package main

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// startProxy returns the URL of a proxy that connects to one server for every
// host, because requests for loopback addresses never use a proxy.
func startProxy(t *testing.T, scheme string, to *sentrytest.Server) string {
	t.Helper()
	base, err := url.Parse(to.URL())
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(base)
	pool := new(http.Transport)
	forward.Transport = pool
	var tunnels sync.WaitGroup
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			forward.ServeHTTP(w, r)
			return
		}
		there, err := new(net.Dialer).DialContext(r.Context(), "tcp", to.Addr())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		here, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			_ = there.Close()
			return
		}
		_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		tunnels.Go(func() {
			_, _ = io.Copy(there, buffered)
			_ = there.Close()
		})
		tunnels.Go(func() {
			_, _ = io.Copy(here, there)
			_ = here.Close()
		})
	}))
	// Broken handshakes are intended.
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	if scheme == "https" {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(func() {
		srv.Close()
		pool.CloseIdleConnections()
		tunnels.Wait()
	})
	return srv.URL
}

func TestDoctorThroughProxy(t *testing.T) {
	g := NewWithT(t)
	plain, encrypted := sentrytest.NewServer(t), sentrytest.NewTLSServer(t)
	through := func(srv *sentrytest.Server, proxy string, params ...string) string {
		return strings.Replace(dsnOf(srv, append(params, "proxy", proxy)...), "127.0.0.1", "sentry.invalid", 1)
	}
	toPlain, toEncrypted := startProxy(t, "http", plain), startProxy(t, "http", encrypted)
	addr := strings.TrimPrefix(toPlain, "http://")

	r := runRaven(t, "doctor", through(plain, "http://user:"+secret+"@"+addr))
	g.Expect(r.code).To(BeZero())
	g.Expect(verdicts(r.out)).To(Equal(stepsUntil("", "tls")))
	g.Expect(flat(r.out)).To(And(
		ContainSubstring("proxy http://user:xxxxx@"+addr+", from the option proxy"),
		ContainSubstring("the proxy 127.0.0.1 is an address already"), ContainSubstring("to the proxy "+addr)))

	r = runRaven(t, "doctor", through(encrypted, toEncrypted, "verify_ssl", "0"))
	g.Expect(r.code).To(BeZero())
	g.Expect(verdicts(r.out)).To(Equal(stepsUntil("")))
	g.Expect(flat(r.out)).To(And(ContainSubstring("NOT verified"), ContainSubstring("for hosts localhost, 127.0.0.1, ::1")))

	r = runRaven(t, "doctor", through(encrypted, toEncrypted, "ca_certs", encrypted.CACertFile()))
	g.Expect(r.code).To(Equal(1))
	g.Expect(verdicts(r.out)).To(Equal(stepsUntil("tls")))
	g.Expect(flat(r.out)).To(And(
		ContainSubstring("certificate is valid for localhost, not sentry.invalid"),
		ContainSubstring("fix replace sentry.invalid in the DSN with one of the certificate's names (localhost, 127.0.0.1, ::1)")))

	r = runRaven(t, "doctor", through(encrypted, startProxy(t, "https", encrypted), "verify_ssl", "0"))
	g.Expect(r.code).To(BeZero())
	g.Expect(flat(r.out)).To(ContainSubstring("for hosts localhost, 127.0.0.1, ::1"), "the server's certificate, not the proxy's")

	r = runRaven(t, "doctor", through(encrypted, "http://"+nobody(t)))
	g.Expect(r.code).To(Equal(1))
	g.Expect(verdicts(r.out)).To(Equal(stepsUntil("connect")))
	g.Expect(flat(r.out)).To(ContainSubstring("fix check that the proxy runs"))
}
