package fasthttptransport_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/url"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// The error must show whether the proxy or the server failed, as net/http's
// errors do.
func TestAMissingProxyIsNamedAsInNetHTTP(t *testing.T) {
	silent := listen(t, func(net.Conn, *bufio.Reader) {})
	notTLS := listen(t, func(c net.Conn, _ *bufio.Reader) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad\r\n\r\n") })
	for _, proxy := range []string{
		"http://" + nobody(t), "https://" + nobody(t), "socks5://" + nobody(t), "socks5h://" + nobody(t),
		"https://" + notTLS, "https://" + silent,
		"socks5://" + silent,
	} {
		for _, scheme := range []string{"http", "https"} {
			t.Run(proxy+" to "+scheme, func(t *testing.T) {
				g := NewWithT(t)
				ops := make(map[string]string)
				for _, engine := range []string{"fasthttp", "threaded"} {
					dsn := engine + "+" + scheme + "://k@sentry.invalid/1?proxy=" + url.QueryEscape(proxy)
					_, err := mustOpen(t, dsn, transport.Env{}).Send(t.Context(), packetFor(t, dsn))
					var op *net.OpError
					g.Expect(errors.As(err, &op)).To(BeTrue(), "%v", err)
					ops[engine] = op.Op
				}
				g.Expect(ops["fasthttp"]).To(Equal(ops["threaded"]))
			})
		}
	}
}

// A refusal by the server behind the proxy is not an error of the proxy.
func TestAMissingServerIsNotAnErrorOfTheProxy(t *testing.T) {
	g := NewWithT(t)
	dsn := "fasthttp+http://k@" + nobody(t) + "/1"
	_, err := mustOpen(t, dsn, transport.Env{}).Send(t.Context(), packetFor(t, dsn))
	var op *net.OpError
	g.Expect(errors.As(err, &op)).To(BeTrue())
	g.Expect(op.Op).To(Equal("dial"))
}

// nobody returns a loopback address on which nothing listens.
func nobody(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
