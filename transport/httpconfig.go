package transport

import (
	"context"
	"crypto/tls"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// Defaults of the options of every transport.
const (
	DefaultTimeout  = 5 * time.Second
	DefaultMaxConns = 32
)

// HTTPConfig configures [NewHTTP]. Its zero value is the default; the fields
// that a DSN can hold are named with their options.
type HTTPConfig struct {
	// Timeout (timeout) bounds one attempt: waiting for a connection,
	// connecting, TLS, the request, and the answer to its last byte. 0 means 5
	// s.
	Timeout time.Duration
	// SkipVerify (verify_ssl=0) accepts any certificate.
	SkipVerify bool
	// CACerts (ca_certs) is a PEM file whose roots replace the system's.
	CACerts string
	// ClientCert and ClientKey (client_cert, client_key) are PEM files for
	// servers that ask for a certificate.
	ClientCert, ClientKey string
	// Compression (compression) of bodies: "gzip" (also ""), "deflate" or
	// "none".
	Compression string
	// Proxy (proxy) is the URL of an http, https or socks5 proxy, obeying
	// NO_PROXY; "none" uses none. "" obeys HTTP_PROXY, HTTPS_PROXY and
	// NO_PROXY.
	Proxy string
	// DisableKeepAlive (keepalive=0) uses a connection for one request only.
	DisableKeepAlive bool
	// MaxConns (max_conns) bounds the connections that are open at one time.
	// Over HTTP/2 there are never more than two. 0 means 32.
	MaxConns int
	// DisableHTTP2 (http2=0) speaks HTTP/1.1 to servers that offer HTTP/2 as
	// well. HTTP/2 is spoken over TLS only, not through https proxies, and not
	// with DisableKeepAlive.
	DisableHTTP2 bool

	// Logger hears once of a rate limit that is too long to be obeyed; nil
	// means slog.Default.
	Logger *slog.Logger
	// DialContext opens connections; nil means a net.Dialer.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
	// TLS is cloned; SkipVerify, CACerts and the client certificate are applied
	// to the clone.
	TLS *tls.Config
	// Client carries the requests in place of a client of the transport's own.
	// It is copied, never closed, and redirects are not followed. Of the fields
	// above, only Timeout and Compression are used beside it.
	Client *http.Client
	// Engine carries the requests in place of net/http; the transport owns it.
	// Of the other fields, only Timeout and Compression are used beside it.
	Engine Engine

	files map[string][]byte // that decoding options has read, by their paths
}

// BindOptions names the options that every transport has.
func (c *HTTPConfig) BindOptions(o *OptionSet) {
	o.Duration("timeout", &c.Timeout, DefaultTimeout, "how long one attempt may take, until the last byte of the answer")
	o.Off("verify_ssl", &c.SkipVerify, "whether the server's certificate and host name are verified")
	c.bindFile(o, "ca_certs", &c.CACerts, caFile, "the roots to verify with, in place of the system's", hasCertificate)
	c.bindFile(o, "client_cert", &c.ClientCert, pemFile, "the certificate for servers that ask for one; goes with client_key", nil)
	c.bindFile(o, "client_key", &c.ClientKey, pemFile, "the key of client_cert", nil)
	o.OneOf("compression", &c.Compression, "the encoding of bodies", compressionNames...)
	o.Text("proxy", &c.Proxy, "the URL of an http, https or socks5 proxy, or none", "the proxy to go through, but for hosts in NO_PROXY and on loopback; without it the environment decides", checkProxy)
	o.Off("keepalive", &c.DisableKeepAlive, "whether connections are kept for the next request")
	o.Int("max_conns", &c.MaxConns, DefaultMaxConns, 1, math.MaxInt, "how many connections may be open at one time; over HTTP/2 there are two at most")
	o.Off("http2", &c.DisableHTTP2, "whether HTTP/2 is spoken with servers that offer it; fasthttp+ never does")
}

// Apply adds what an Env holds for transports on HTTP.
func (c *HTTPConfig) Apply(env Env) {
	c.DialContext, c.TLS, c.Client, c.Logger = env.DialContext, env.TLS, env.HTTPClient, env.Logger
}

func (c HTTPConfig) withDefaults() HTTPConfig {
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Compression == "" {
		c.Compression = compressionNames[0]
	}
	if c.MaxConns == 0 {
		c.MaxConns = DefaultMaxConns
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

func checkProxy(s string) error {
	if s == "none" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil {
		return errNotAllowed // url.Parse repeats the whole URL, password and all
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		// With an '@' in its path, the password has a '/' that should have been
		// escaped, and its beginning would be taken for the port.
		if u.Host != "" && !strings.Contains(u.Path, "@") {
			return nil
		}
	}
	return errNotAllowed
}

// ProxyFunc returns what an http.Transport asks for the proxy of a request; nil
// means that there is none.
func (c HTTPConfig) ProxyFunc() func(*http.Request) (*url.URL, error) {
	switch c.Proxy {
	case "":
		return http.ProxyFromEnvironment
	case "none":
		return nil
	}
	env := httpproxy.FromEnvironment()
	env.HTTPProxy, env.HTTPSProxy, env.CGI = c.Proxy, c.Proxy, false
	choose := env.ProxyFunc()
	return func(r *http.Request) (*url.URL, error) { return choose(r.URL) }
}
