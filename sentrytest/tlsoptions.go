package sentrytest

import (
	"crypto/tls"

	"github.com/ravenkit/ravenkit/sentrytest/internal/certs"
)

// Trusted makes an https server whose certificate is valid for 127.0.0.1, ::1
// and localhost and is signed by the CA of [Server.CACertFile]. It is the
// default of [NewTLSServer].
func Trusted() Option {
	return func(c *config) { c.cert = certs.Trusted }
}

// Expired makes an https server whose certificate ended in 1999, which is
// before the clock of a testing/synctest bubble starts, so that it has expired
// there too.
func Expired() Option {
	return func(c *config) { c.cert = certs.Expired }
}

// NotYetValid makes an https server whose certificate becomes valid in 2084.
func NotYetValid() Option {
	return func(c *config) { c.cert = certs.NotYetValid }
}

// WrongHost makes an https server whose certificate is valid and signed by the
// trusted CA, but for the name wrong.host.invalid alone.
func WrongHost() Option {
	return func(c *config) { c.cert = certs.WrongHost }
}

// SelfSigned makes an https server whose certificate signed itself.
func SelfSigned() Option {
	return func(c *config) { c.cert = certs.SelfSigned }
}

// UnknownCA makes an https server whose certificate is valid but signed by a CA
// that [Server.CACertFile] and [Server.CertPool] do not contain.
func UnknownCA() Option {
	return func(c *config) { c.cert = certs.UnknownCA }
}

// ClientCertRequired makes an https server that refuses clients without the
// certificate of [Server.ClientCertFiles]. It can be combined with the other
// TLS options; alone it implies [Trusted].
//
// In TLS 1.3 a client sees the refusal at its first read, not in its handshake.
func ClientCertRequired() Option {
	return func(c *config) {
		c.clientCert = true
		c.needCert()
	}
}

// IncompleteChain makes an https server whose certificate is signed by an
// intermediate CA of the trusted one, but that does not send the intermediate.
// Browsers accept that mistake; most other clients don't.
func IncompleteChain() Option {
	return func(c *config) { c.cert = certs.IncompleteChain }
}

// SANs makes the server's certificate valid for the given host names and IP
// addresses, in place of 127.0.0.1, ::1 and localhost. It can be combined with
// the other TLS options; alone it implies [Trusted]. It excludes [WrongHost].
func SANs(names ...string) Option {
	return func(c *config) {
		c.sans = names
		c.needCert()
	}
}

// TLS12Only makes an https server that speaks TLS 1.2 and no other version. It
// can be combined with the other TLS options; alone it implies [Trusted].
func TLS12Only() Option { return onlyTLS(tls.VersionTLS12) }

// TLS10Only makes an https server that speaks TLS 1.0 alone, which clients of
// today refuse. It can be combined with the other TLS options; alone it implies
// [Trusted].
func TLS10Only() Option { return onlyTLS(tls.VersionTLS10) }

func onlyTLS(version uint16) Option {
	return func(c *config) {
		c.minTLS, c.maxTLS = version, version
		c.needCert()
	}
}

// HandshakeStall makes an https server that accepts connections and never
// answers a handshake, until the client times out.
func HandshakeStall() Option {
	return func(c *config) {
		c.stall = true
		c.needCert()
	}
}

// PlainHTTP makes a server whose URL and DSN say https, but which speaks plain
// http on that port, like a badly configured proxy. Its requests end in the
// handshake.
func PlainHTTP() Option {
	return func(c *config) {
		c.plain = true
		c.needCert()
	}
}

// HTTP2 makes an https server that offers HTTP/2 beside HTTP/1.1. The client
// chooses in the handshake (ALPN); see [Request].Proto. It can be combined with
// the other TLS options; alone it implies [Trusted]. It excludes [PlainHTTP]
// and [TLS10Only]. Without it a server speaks HTTP/1.1 only.
//
// One HTTP/2 connection carries many requests side by side. A [Step] that
// breaks a connection ends the other requests on it too. Each step says what it
// does over HTTP/2.
func HTTP2() Option {
	return func(c *config) {
		c.http2 = true
		c.needCert()
	}
}

func (c *config) needCert() {
	if c.cert == certs.None {
		c.cert = certs.Trusted
	}
}
