package fasthttptransport_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// httpProxy is a proxy that sends every request and every tunnel to one server.
// It returns its address and the requests it received.
func httpProxy(t *testing.T, target string) (addr string, asked chan *http.Request) {
	asked = make(chan *http.Request, 8)
	return listen(t, func(c net.Conn, in *bufio.Reader) {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		asked <- r
		server, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		defer server.Close()
		if r.Method == http.MethodConnect {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		} else {
			_ = r.Write(server)
		}
		var up sync.WaitGroup
		up.Go(func() {
			_, _ = io.Copy(server, in)
			_ = server.Close()
		})
		_, _ = io.Copy(c, server)
		_ = c.Close()
		up.Wait()
	}), asked
}

func TestProxies(t *testing.T) {
	const host = "sentry.example"
	for _, c := range []struct{ scheme, method, uri string }{
		{"fasthttp+http", "POST", "http://" + host + "/api/"},
		{"fasthttp+https", "CONNECT", host + ":443"},
	} {
		t.Run(c.scheme, func(t *testing.T) {
			start := sentrytest.NewServer
			if strings.HasSuffix(c.scheme, "https") {
				start = sentrytest.NewTLSServer
			}
			srv := start(t)
			proxy, asked := httpProxy(t, srv.Addr())
			dsn := c.scheme + "://" + srv.PublicKey() + "@" + host + "/" + srv.ProjectID() +
				"?verify_ssl=0&proxy=http%3A%2F%2Fme:secret@" + proxy
			tr := mustOpen(t, dsn, transport.Env{})
			g := NewWithT(t)
			for range 2 {
				_, err := tr.Send(t.Context(), packetFor(t, dsn))
				g.Expect(err).NotTo(HaveOccurred())
			}
			g.Expect(srv.Events()).To(HaveLen(2))
			first := <-asked
			g.Expect(asked).To(BeEmpty(), "connections through a proxy are kept, too")
			g.Expect(first.Method).To(Equal(c.method))
			g.Expect(first.RequestURI).To(HavePrefix(c.uri))
			g.Expect(first.Header.Get("Proxy-Authorization")).To(Equal("Basic bWU6c2VjcmV0"))
			for _, r := range srv.Requests() {
				if c.method == "CONNECT" {
					g.Expect(r.Header).NotTo(HaveKey("Proxy-Authorization"))
				}
			}
		})
	}
}

// The environment's proxies are used unless the option is none. NO_PROXY
// applies to both.
func TestProxiesOfTheEnvironment(t *testing.T) {
	srv := sentrytest.NewServer(t)
	proxy, asked := httpProxy(t, srv.Addr())
	t.Setenv("HTTP_PROXY", "http://"+proxy)
	t.Setenv("NO_PROXY", "direct.example")
	for _, c := range []struct {
		host, option string
		proxied      bool
	}{
		{"sentry.example", "", true},
		{"sentry.example", "?proxy=none", false},
		{"direct.example", "", false},
		{"direct.example", "?proxy=http%3A%2F%2F" + proxy, false},
	} {
		dsn := "fasthttp+http://" + srv.PublicKey() + "@" + c.host + "/" + srv.ProjectID() + c.option
		env := transport.Env{}
		if !c.proxied {
			env.DialContext = srv.DialContext // no name is resolved
		}
		_, err := mustOpen(t, dsn, env).Send(t.Context(), packetFor(t, dsn))
		g := NewWithT(t)
		g.Expect(err).NotTo(HaveOccurred())
		want := 0
		if c.proxied {
			want = 1
		}
		g.Expect(asked).To(HaveLen(want), "%s%s", c.host, c.option)
		for len(asked) > 0 {
			<-asked
		}
	}
}

func TestAProxyThatRefuses(t *testing.T) {
	addr := listen(t, func(c net.Conn, in *bufio.Reader) {
		if _, err := http.ReadRequest(in); err == nil {
			_, _ = io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
		}
	})
	dsn := "fasthttp+https://k@sentry.example/1?proxy=http%3A%2F%2Fme:SECRET@" + addr
	_, err := mustOpen(t, dsn, transport.Env{}).Send(t.Context(), packetFor(t, dsn))
	NewWithT(t).Expect(err).To(MatchError(And(
		ContainSubstring("proxy "+addr+" refuses to connect: 407"), Not(ContainSubstring("SECRET")),
	)))
}

// socks is a minimal SOCKS5 server: no authentication, CONNECT, one target.
func socks(t *testing.T, target string) string {
	return listen(t, func(c net.Conn, in *bufio.Reader) {
		greeting := make([]byte, 2)
		_, _ = io.ReadFull(in, greeting)
		_, _ = in.Discard(int(greeting[1]))
		_, _ = c.Write([]byte{5, 0})
		request := make([]byte, 5)
		_, _ = io.ReadFull(in, request)
		_, _ = in.Discard(int(request[4]) + 2) // a domain name and a port
		server, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		defer server.Close()
		_, _ = c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		var up sync.WaitGroup
		up.Go(func() {
			_, _ = io.Copy(server, in)
			_ = server.Close()
		})
		_, _ = io.Copy(c, server)
		_ = c.Close()
		up.Wait()
	})
}

func TestSOCKS(t *testing.T) {
	for _, start := range []func(sentrytest.TB, ...sentrytest.Option) *sentrytest.Server{sentrytest.NewServer, sentrytest.NewTLSServer} {
		srv := start(t)
		_, scheme, _ := strings.Cut("fasthttp+"+srv.URL(), "fasthttp+")
		scheme, _, _ = strings.Cut(scheme, "://")
		dsn := "fasthttp+" + scheme + "://" + srv.PublicKey() + "@sentry.example/" + srv.ProjectID() +
			"?verify_ssl=0&proxy=socks5%3A%2F%2F" + socks(t, srv.Addr())
		_, err := mustOpen(t, dsn, transport.Env{}).Send(t.Context(), packetFor(t, dsn))
		g := NewWithT(t)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(srv.Events()).To(HaveLen(1))
	}
}
