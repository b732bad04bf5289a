package fasthttptransport

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"golang.org/x/net/idna"
)

// route says how to connect to an origin.
type route struct {
	addr  string      // host:port
	tls   *tls.Config // for the origin; nil for plain http
	proxy *url.URL    // nil for a direct connection
	// The Proxy-Authorization header of requests that the proxy reads.
	proxyAuth string
}

func (e *engine) routeTo(u *url.URL) (route, error) {
	r := route{addr: addrOf(u)}
	if u.Scheme == "https" {
		r.tls = e.tlsFor(u)
	}
	if e.proxy == nil {
		return r, nil
	}
	via, err := e.proxy(&http.Request{URL: u})
	if err != nil || via == nil {
		return r, err
	}
	switch via.Scheme {
	case "http", "https":
		if r.tls == nil {
			r.proxyAuth = basicAuth(via)
		}
	case "socks5", "socks5h":
	default:
		return r, fmt.Errorf("fasthttptransport: unsupported proxy %s (want http, https or socks5)", via.Redacted())
	}
	r.proxy = via
	return r, nil
}

func addrOf(u *url.URL) string {
	host, port := u.Hostname(), u.Port()
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	return net.JoinHostPort(host, port)
}

func (e *engine) tlsFor(u *url.URL) *tls.Config {
	c := e.tls.Clone()
	if c.ServerName == "" {
		c.ServerName, _, _ = net.SplitHostPort(addrOf(u))
	}
	return c
}

// requestURI is the URI in a request's first line: the whole URL if the request
// goes to a proxy.
func (r route) requestURI(u *url.URL) string {
	if r.proxy == nil || r.tls != nil || isSOCKS(r.proxy) {
		return u.RequestURI()
	}
	return u.Scheme + "://" + u.Host + u.RequestURI()
}

// connect opens a connection. conn has TLS if the route uses it; raw does not.
// Errors of a proxy have the operation "proxyconnect", as in net/http.
func (e *engine) connect(ctx context.Context, r route) (raw, conn net.Conn, err error) {
	to := r.addr
	if r.proxy != nil {
		to = addrOf(r.proxy)
	}
	if raw, err = e.dial(ctx, "tcp", to); err != nil {
		return nil, nil, r.onTheWay(err)
	}
	if conn, err = e.upgrade(ctx, raw, r); err != nil {
		_ = raw.Close()
		return nil, nil, err
	}
	return raw, conn, nil
}

func (r route) onTheWay(err error) error {
	if r.proxy == nil {
		return err
	}
	return &net.OpError{Op: "proxyconnect", Net: "tcp", Err: err}
}

func (e *engine) upgrade(ctx context.Context, raw net.Conn, r route) (conn net.Conn, err error) {
	conn = raw
	switch {
	case r.proxy == nil:
	case isSOCKS(r.proxy):
		if err = socks(ctx, raw, r); err != nil {
			return nil, err
		}
	case r.proxy.Scheme == "https":
		if conn, err = handshake(ctx, conn, e.tlsFor(r.proxy)); err != nil {
			return nil, r.onTheWay(err)
		}
	}
	if r.tls == nil {
		return conn, nil
	}
	if r.proxy != nil && !isSOCKS(r.proxy) {
		if err = tunnel(ctx, raw, conn, r); err != nil {
			return nil, err
		}
	}
	return handshake(ctx, conn, r.tls)
}

func handshake(ctx context.Context, conn net.Conn, c *tls.Config) (net.Conn, error) {
	t := tls.Client(conn, c)
	return t, t.HandshakeContext(ctx)
}
