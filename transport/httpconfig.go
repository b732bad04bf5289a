package transport

import (
	"cmp"
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

// HTTPConfig configures [NewHTTP]. The zero value is the default. Fields with
// an option in a DSN name it.
type HTTPConfig struct {
	// Timeout (timeout) limits one attempt: waiting for a connection,
	// connecting, TLS, the request, and the answer to its last byte. 0 means 5
	// s.
	Timeout time.Duration
	// SkipVerify (verify_ssl=0) accepts any certificate.
	SkipVerify bool
	// CACerts (ca_certs) is a PEM file with the roots that replace the
	// system's.
	CACerts string
	// ClientCert and ClientKey (client_cert, client_key) are the PEM files of
	// the certificate for servers that ask for one.
	ClientCert, ClientKey string
	// Compression (compression) encodes bodies: "gzip" (also ""), "deflate" or
	// "none".
	Compression string
	// Proxy (proxy) is the URL of an http, https or socks5 proxy; NO_PROXY
	// applies. "none" means no proxy. "" obeys HTTP_PROXY, HTTPS_PROXY and
	// NO_PROXY.
	Proxy string
	// DisableKeepAlive (keepalive=0) uses a connection for one request only.
	DisableKeepAlive bool
	// MaxConns (max_conns) limits the open connections. HTTP/2 uses two at
	// most. 0 means 32.
	MaxConns int
	// DisableHTTP2 (http2=0) uses HTTP/1.1 even if the server offers HTTP/2.
	// HTTP/2 is used over TLS only, not through https proxies, and not with
	// DisableKeepAlive.
	DisableHTTP2 bool

	// Logger logs once that a rate limit exceeds the maximum of 24 hours; nil
	// means slog.Default.
	Logger *slog.Logger
	// DialContext opens connections; nil means a net.Dialer.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
	// TLS is cloned; SkipVerify, CACerts and the client certificate are applied
	// to the clone.
	TLS *tls.Config
	// Client sends the requests in place of the transport's own client. It is
	// copied and never closed. Redirects are not followed. Of the fields above,
	// only Timeout and Compression apply to it.
	Client *http.Client
	// Engine sends the requests in place of net/http; the transport owns it. Of
	// the other fields, only Timeout and Compression apply to it.
	Engine Engine

	files map[string][]byte // the files that decoding read, by path
}

// BindOptions binds the options of every transport.
func (c *HTTPConfig) BindOptions(o *OptionSet) {
	o.Duration("timeout", &c.Timeout, DefaultTimeout, "the time limit of one attempt, to the last byte of the answer")
	o.Off("verify_ssl", &c.SkipVerify, "whether the server's certificate and host name are verified")
	c.bindFile(o, "ca_certs", &c.CACerts, caFile, "the roots that replace the system's", hasCertificate)
	c.bindFile(o, "client_cert", &c.ClientCert, pemFile, "the certificate for servers that ask for one; requires client_key", nil)
	c.bindFile(o, "client_key", &c.ClientKey, pemFile, "the key of client_cert", nil)
	o.OneOf("compression", &c.Compression, "the encoding of bodies", compressionNames...)
	o.Text("proxy", &c.Proxy, "the URL of an http, https or socks5 proxy, or none", "the proxy, except for hosts in NO_PROXY and on loopback; if not given, HTTP_PROXY and HTTPS_PROXY apply", checkProxy)
	o.Off("keepalive", &c.DisableKeepAlive, "whether connections are kept for the next request")
	o.Int("max_conns", &c.MaxConns, DefaultMaxConns, 1, math.MaxInt, "the maximum number of open connections; HTTP/2 uses two at most")
	o.Off("http2", &c.DisableHTTP2, "whether HTTP/2 is used with servers that offer it; fasthttp+ never uses it")
}

// Decode sets the fields from the options of a DSN and the values of an Env,
// for drivers of transports on HTTP. It decodes the options of others, too.
// With an Env.HTTPClient, options about connections are faults. The error joins
// one *[OptionError] for each fault.
func (c *HTTPConfig) Decode(dsn *DSN, env Env, others ...OptionBinder) error {
	if err := DecodeOptions(dsn.Options, append(others, c)...); err != nil {
		return err
	}
	c.Apply(env)
	if env.HTTPClient == nil {
		return nil
	}
	return RefuseConnectionOptions(dsn, "Env.HTTPClient")
}

// Apply adds the values of an Env for transports on HTTP.
func (c *HTTPConfig) Apply(env Env) {
	c.DialContext, c.TLS, c.Client, c.Logger = env.DialContext, env.TLS, env.HTTPClient, env.Logger
}

func (c HTTPConfig) withDefaults() HTTPConfig {
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.Compression = cmp.Or(c.Compression, compressionNames[0])
	c.MaxConns = cmp.Or(c.MaxConns, DefaultMaxConns)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	return c
}

func checkProxy(s string) error {
	if s == "none" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil {
		// The error of url.Parse repeats the URL with its password.
		return errNotAllowed
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		// An '@' in the path means that the password contains an unescaped '/'.
		// The start of the password would be taken for the port.
		if u.Host != "" && !strings.Contains(u.Path, "@") {
			return nil
		}
	}
	return errNotAllowed
}

// ProxyFunc returns the function for the field Proxy of an http.Transport; nil
// means no proxy.
func (c HTTPConfig) ProxyFunc() func(*http.Request) (*url.URL, error) {
	if c.Proxy == "none" {
		return nil
	}
	env := httpproxy.FromEnvironment()
	if c.Proxy != "" {
		env.HTTPProxy, env.HTTPSProxy, env.CGI = c.Proxy, c.Proxy, false
	}
	choose := env.ProxyFunc()
	return func(r *http.Request) (*url.URL, error) { return choose(r.URL) }
}
