package sentrytest

import (
	"context"
	"net"
)

// ProxyOption configures a proxy when it starts. Options are applied in order;
// the later of two that contradict each other wins. A nil ProxyOption is
// skipped.
type ProxyOption func(*proxyConfig)

type proxyConfig struct {
	auth           bool
	user, password string
	dialPlain      dialFunc
	dialTunnel     dialFunc
}

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

func newProxyConfig(opts []ProxyOption) proxyConfig {
	var d net.Dialer
	cfg := proxyConfig{dialPlain: d.DialContext, dialTunnel: d.DialContext}
	for _, opt := range opts {
		if opt != nil {
			opt(&cfg)
		}
	}
	return cfg
}

// ProxyAuth makes the proxy ask for these credentials, as HTTP Basic, and
// refuse every request without them with 407.
func ProxyAuth(user, password string) ProxyOption {
	return func(c *proxyConfig) { c.auth, c.user, c.password = true, user, password }
}

// ProxyTo sends every connection to the server, whatever host and port the
// client names. The server may be [InMemory]. For https its certificate has to
// be valid for the name that the client uses: see [SANs]. On a server with
// [ListenTLS], tunnels lead to https.
func ProxyTo(srv *Server) ProxyOption {
	return func(c *proxyConfig) {
		c.dialPlain = srv.DialContext
		c.dialTunnel = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return srv.DialContext(ctx, network, srv.secure.host)
		}
	}
}

// ProxyDial sets how the proxy reaches hosts: it gets network and address as
// the client named it, such as "sentry.test:443". The default is a net.Dialer.
func ProxyDial(dial func(ctx context.Context, network, addr string) (net.Conn, error)) ProxyOption {
	return func(c *proxyConfig) { c.dialPlain, c.dialTunnel = dial, dial }
}
