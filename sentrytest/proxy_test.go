package sentrytest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// through returns a client that uses the proxy at address and trusts the
// server.
func through(t *testing.T, address string, srv *sentrytest.Server) *http.Client {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{Proxy: http.ProxyURL(u), TLSClientConfig: &tls.Config{RootCAs: srv.CertPool()}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func postTo(client *http.Client, target string) (reply, error) {
	resp, err := client.Post(target+storePath+"?sentry_key=a", "application/json", strings.NewReader(vectorJSON))
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(text)}, err
}

func TestProxyForwards(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		target string
		seen   string
		opts   []sentrytest.Option
	}{
		"http":             {"http://sentry.test", "POST http://sentry.test/api/1/store/?sentry_key=a", nil},
		"http in memory":   {"http://sentry.test", "POST http://sentry.test/api/1/store/?sentry_key=a", []sentrytest.Option{sentrytest.InMemory()}},
		"https":            {"https://sentry.test", "CONNECT sentry.test:443", []sentrytest.Option{sentrytest.SANs("sentry.test")}},
		"https in memory":  {"https://sentry.test", "CONNECT sentry.test:443", []sentrytest.Option{sentrytest.SANs("sentry.test"), sentrytest.InMemory()}},
		"http beside TLS":  {"http://sentry.test", "POST http://sentry.test/api/1/store/?sentry_key=a", []sentrytest.Option{sentrytest.ListenTLS("")}},
		"https beside TCP": {"https://sentry.test", "CONNECT sentry.test:443", []sentrytest.Option{sentrytest.ListenTLS(""), sentrytest.SANs("sentry.test")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, c.opts...)
			proxy := sentrytest.NewProxy(t, sentrytest.ProxyTo(srv))
			g.Expect(proxy.URL()).To(Equal("http://" + proxy.Addr()))
			r, err := postTo(through(t, proxy.URL(), srv), c.target)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(r.Status).To(Equal(200))
			g.Expect(proxy.Requests()).To(HaveLen(1))
			g.Expect(proxy.Requests()[0].String()).To(Equal(c.seen + " (no credentials) -> 200"))
			e := sentrytest.RequireEvent(t, srv)
			g.Expect(e.Received.Host).To(Equal("sentry.test"))
			g.Expect(e.Received.TLS).To(Equal(strings.HasPrefix(c.target, "https")))
			g.Expect(e.Received.Header).NotTo(HaveKey("Proxy-Connection"))
		})
	}
}

func TestProxyAuth(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			var opts []sentrytest.Option
			if scheme == "https" {
				opts = append(opts, sentrytest.SANs("sentry.test"))
			}
			srv := sentrytest.NewServer(t, opts...)
			proxy := sentrytest.NewProxy(t, sentrytest.ProxyTo(srv), sentrytest.ProxyAuth("me", "p@ss"))
			g.Expect(proxy.URL()).To(Equal("http://me:p%40ss@" + proxy.Addr()))
			for _, address := range []string{"http://" + proxy.Addr(), "http://me:wrong@" + proxy.Addr()} {
				r, err := postTo(through(t, address, srv), scheme+"://sentry.test")
				if scheme == "https" {
					g.Expect(err).To(MatchError(ContainSubstring("Proxy Authentication Required")))
					continue
				}
				g.Expect(r.Status).To(Equal(407))
				g.Expect(r.Header.Get("Proxy-Authenticate")).To(Equal(`Basic realm="sentrytest"`))
				g.Expect(r.Body).To(Equal("sentrytest: this proxy asks for other credentials\n"))
			}
			g.Expect(srv.Requests()).To(BeEmpty())
			r, err := postTo(through(t, proxy.URL(), srv), scheme+"://sentry.test")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(r.Status).To(Equal(200))
			g.Expect(srv.Requests()[0].Header).NotTo(HaveKey("Proxy-Authorization"), "it is the proxy's alone")
			var got []string
			for _, r := range proxy.Requests() {
				got = append(got, r.User+" "+http.StatusText(r.Status))
			}
			g.Expect(got).To(Equal([]string{" Proxy Authentication Required", "me Proxy Authentication Required", "me OK"}))
			g.Expect(proxy.Dump()).To(MatchRegexp(
				`^sentrytest: proxy 127\.0\.0\.1:\d+ received 3 requests\n  1\. .* \(no credentials\) -> 407\n  2\. .* \(user me\) -> 407\n  3\. .* \(user me\) -> 200$`))
			g.Expect(proxy.Dump()).NotTo(ContainSubstring("p@ss"))
		})
	}
}

// A proxy that can't reach the host says so; a request that is not for a proxy
// is refused.
func TestProxyRefusals(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewTLSServer(t)
	var asked []string
	proxy := sentrytest.NewProxy(t, sentrytest.ProxyDial(func(_ context.Context, _, addr string) (net.Conn, error) {
		asked = append(asked, addr)
		return nil, errors.New("no route to " + addr)
	}))
	r, err := postTo(through(t, proxy.URL(), srv), "http://sentry.test")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(r.Status).To(Equal(502))
	_, err = postTo(through(t, proxy.URL(), srv), "https://sentry.test")
	g.Expect(err).To(MatchError(ContainSubstring("Bad Gateway")))
	g.Expect(asked).To(Equal([]string{"sentry.test:80", "sentry.test:443"}))

	resp, err := http.Get(proxy.URL() + "/api/1/store/")
	g.Expect(err).NotTo(HaveOccurred())
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.StatusCode).To(Equal(400))
	g.Expect(string(text)).To(Equal("sentrytest: this is a proxy: it takes CONNECT and absolute URLs, not /api/1/store/\n"))
	http.DefaultClient.CloseIdleConnections()
	g.Expect(proxy.Dump()).To(ContainSubstring("no route to sentry.test:80"))
}

// Without options it is an ordinary proxy.
func TestProxyDialsHosts(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	plain, secure := sentrytest.NewServer(t), sentrytest.NewTLSServer(t)
	proxy := sentrytest.NewProxy(t)
	for _, srv := range []*sentrytest.Server{plain, secure} {
		r, err := postTo(through(t, proxy.URL(), srv), srv.URL())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(r.Status).To(Equal(200))
		g.Expect(srv.Events()).To(HaveLen(1))
	}
}

// Faults of the server come through a tunnel as they are.
func TestProxyPassesFaultsOn(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t, sentrytest.SANs("sentry.test"))
	proxy := sentrytest.NewProxy(t, sentrytest.ProxyTo(srv))
	srv.Script(sentrytest.Reset(), sentrytest.CloseConn())
	_, err := postTo(through(t, proxy.URL(), srv), "https://sentry.test")
	g.Expect(err).To(MatchError(syscall.ECONNRESET))
	_, err = postTo(through(t, proxy.URL(), srv), "https://sentry.test")
	g.Expect(err).To(MatchError(io.EOF))
}

// Close ends tunnels and requests that hang.
func TestProxyClose(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t, sentrytest.ListenTLS(""), sentrytest.SANs("sentry.test"))
	proxy, err := sentrytest.StartProxy(sentrytest.ProxyTo(srv))
	g.Expect(err).NotTo(HaveOccurred())
	srv.Script(sentrytest.Hang().Times(2))
	failed := make(chan error, 2)
	for _, target := range []string{"http://sentry.test", "https://sentry.test"} {
		go func() {
			_, err := postTo(through(t, proxy.URL(), srv), target)
			failed <- err
		}()
	}
	g.Eventually(srv.Requests).Should(HaveLen(2))
	g.Expect(proxy.Close()).To(Succeed())
	g.Expect(proxy.Close()).To(Succeed())
	g.Expect(<-failed).To(HaveOccurred())
	g.Expect(<-failed).To(HaveOccurred())
	_, err = postTo(through(t, proxy.URL(), srv), "http://sentry.test")
	g.Expect(err).To(MatchError(syscall.ECONNREFUSED))
}

func TestProxyLogsWhenTheTestFails(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	_, logs := run(t, func(tb *fakeTB) {
		sentrytest.NewProxy(tb)
		tb.Errorf("something else")
	})
	g.Expect(logs).To(MatchRegexp(`^sentrytest: proxy 127\.0\.0\.1:\d+ received 0 requests$`))
}
