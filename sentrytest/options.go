package sentrytest

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/certs"
)

// Limits of one request, those of Relay and its documentation: see
// docs/protocol.md, "Limits of a request".
const (
	// DefaultMaxWireSize is the largest request body that is read, in bytes as
	// sent.
	DefaultMaxWireSize = 20 << 20
	// DefaultMaxBodySize is the largest envelope after its Content-Encoding has
	// been undone, in bytes.
	DefaultMaxBodySize = 100 << 20
	// MaxEventSize is the largest event, in bytes of JSON, on the store
	// endpoint and as an envelope item.
	MaxEventSize = 1 << 20
)

// Option configures a server when it starts. Options are applied in order, and
// the later of two for the same setting wins. Options that exclude each other
// are an error. A nil Option is skipped.
type Option func(*config)

type config struct {
	listen     string
	inMemory   bool
	cert       certs.Kind
	clientCert bool
	sans       []string // of SANs
	minTLS     uint16
	maxTLS     uint16
	plain      bool // https in name only
	stall      bool // handshakes get no answer
	http2      bool // offered beside HTTP/1.1
	maxWire    int64
	maxBody    int64
	rules      rules
	maxHistory int
	test       testConfig

	tlsListen    *string // of ListenTLS; nil for one listener
	certNames    []string
	spotlight    bool
	around       []func(http.Handler) http.Handler
	beforeAnswer func(context.Context, *Arrival) error
	onProblem    func(line string)

	headerTimeout time.Duration
}

func newConfig(opts []Option) config {
	cfg := config{maxWire: DefaultMaxWireSize, maxBody: DefaultMaxBodySize, minTLS: tls.VersionTLS12}
	for _, opt := range opts {
		if opt != nil {
			opt(&cfg)
		}
	}
	if cfg.tlsListen != nil {
		cfg.needCert()
	}
	return cfg
}

// contradiction says which options exclude each other or are out of range; nil
// for none. inTest adds the checks for tests.
func (c *config) contradiction(inTest bool) error {
	switch {
	case c.inMemory && c.listen != "":
		return errors.New("the options InMemory and Listen exclude each other")
	case c.inMemory && c.tlsListen != nil && *c.tlsListen != "":
		return errors.New("the option InMemory and an address of ListenTLS exclude each other")
	case c.cert == certs.WrongHost && len(c.sans) > 0:
		return errors.New("the options WrongHost and SANs exclude each other: WrongHost is for " + certs.WrongHostName + " alone")
	case c.plain && c.stall:
		return errors.New("the options PlainHTTP and HandshakeStall exclude each other: plain http has no handshake")
	case c.plain && c.http2:
		return errors.New("the options PlainHTTP and HTTP2 exclude each other: without a handshake no client can choose HTTP/2")
	case c.http2 && c.maxTLS == tls.VersionTLS10:
		return errors.New("the options TLS10Only and HTTP2 exclude each other: HTTP/2 needs TLS 1.2 or later")
	case c.maxHistory > 0 && c.test.failOnUnclaimed:
		return errors.New("the options MaxHistory and FailOnUnclaimed exclude each other: what is dropped can't be claimed")
	case c.maxHistory > 0 && c.rules.strict && inTest:
		return errors.New("the options MaxHistory and Strict exclude each other in a test: findings in what is dropped would be lost")
	}
	return c.rules.problem()
}

// Listen makes the server listen on a fixed TCP address such as
// "127.0.0.1:8000". The default is a free port of the loopback interface. An
// address that is taken or malformed is an error of [Start].
func Listen(addr string) Option {
	return func(c *config) { c.listen = addr }
}

// ListenTLS makes a server that speaks http and https at once, on two ports:
// plain http on the address of [Listen], https on addr, "" for a free port of
// the loopback interface. Both share records, script and DSN key; see
// [Server.TLSURL] and [DSNTLS]. The certificate is that of [Trusted] unless
// another option asks for a different one.
func ListenTLS(addr string) Option {
	return func(c *config) { c.tlsListen = &addr }
}

// HeaderTimeout closes a connection whose client takes longer than d for a TLS
// handshake, or for the headers of a request; the first request counts from the
// start of the connection. Over HTTP/2 it limits the handshake alone. 0, which
// is the default, and less mean no limit. It is for programs with unknown
// clients. The time for which a step holds a connection does not count.
func HeaderTimeout(d time.Duration) Option {
	return func(c *config) { c.headerTimeout = max(d, 0) }
}

// CertNames adds host names and IP addresses to those of a [Trusted]
// certificate, for clients that reach the server by another name, as in a
// network of containers.
func CertNames(names ...string) Option {
	return func(c *config) { c.certNames = append(c.certNames, names...) }
}

// Spotlight makes the server take envelopes at POST /stream too, where SDKs
// send them for Spotlight: without auth, and with whatever DSN they name. They
// belong to the project and key of that DSN, or else to the server's own.
func Spotlight() Option {
	return func(c *config) { c.spotlight = true }
}

// InMemory makes the server reachable through [Server.DialContext] only: no
// socket is opened, and every blocked read and write counts as durably blocked
// in a testing/synctest bubble. It works with TLS too.
//
// URL and DSN then name a loopback address on which nothing listens, so that a
// client which forgot to use DialContext fails at once. InMemory and [Listen]
// exclude each other.
//
// With this module's client: raven.WithEnv(transport.Env{DialContext:
// srv.DialContext}). A server without InMemory in a bubble hangs until the
// test's timeout, since waiting for a socket stops the bubble's clock.
func InMemory() Option {
	return func(c *config) { c.inMemory = true }
}

// MaxWireSize sets the largest request body, in bytes as sent, in place of
// [DefaultMaxWireSize]. A longer one is answered with 413. Values below 1 leave
// the default.
func MaxWireSize(n int64) Option {
	return func(c *config) {
		if n > 0 {
			c.maxWire = n
		}
	}
}

// MaxBodySize sets the largest envelope, in bytes after decompression, in place
// of [DefaultMaxBodySize]. A larger one is answered with 413. Values below 1
// leave the default. It does not raise the limits for single items: an event
// stays bound to [MaxEventSize].
func MaxBodySize(n int64) Option {
	return func(c *config) {
		if n > 0 {
			c.maxBody = n
		}
	}
}

// OnProblem calls report with one line for each problem before a request
// exists, such as a failed TLS handshake. It is for programs that serve others;
// tests find the lines in the errors of [Server.Wait]. It is called
// concurrently.
func OnProblem(report func(line string)) Option {
	return func(c *config) { c.onProblem = report }
}
