package transport

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/transport/internal/conns"
)

// maxHTTP2Conns is the number of connections for HTTP/2: one is enough, and the
// second one takes over when the server ends the first. Without a bound,
// net/http opens a connection for each request that a GOAWAY returns.
const maxHTTP2Conns = 2

// netTransport is the http.RoundTripper of clients that own their connections.
// It uses HTTP/2 if the server offers it by TLS, over one or two connections,
// and HTTP/1.1 over max_conns connections. HTTP/1.1 needs more connections than
// HTTP/2 may have, so each limit has an http.Transport of its own.
type netTransport struct {
	// HTTP/1.1: without TLS, without http2, through https proxies
	plain  *http.Transport
	modern *http.Transport // both protocols; nil without http2
	// HTTP/1.1, for more concurrent requests than modern has connections; nil
	// if max_conns allows no more
	spare *http.Transport
	bound int32 // number of modern's connections

	old    atomic.Bool  // the server chose HTTP/1.1
	inUse  atomic.Int32 // requests over HTTP/1.1 through modern
	ending atomic.Pointer[net.Conn]
}

func newNetTransport(c HTTPConfig, opened *conns.Set, tlsConfig *tls.Config) *netTransport {
	proxy := c.ProxyFunc()
	build := func(maxConns int) *http.Transport {
		t := &http.Transport{
			Proxy:               proxy,
			DialContext:         opened.Dial,
			TLSClientConfig:     tlsConfig.Clone(),
			TLSHandshakeTimeout: c.Timeout,
			DisableKeepAlives:   c.DisableKeepAlive,
			DisableCompression:  true,
			MaxConnsPerHost:     maxConns,
			MaxIdleConnsPerHost: maxConns,
			IdleConnTimeout:     90 * time.Second,
			Protocols:           new(http.Protocols),
		}
		t.Protocols.SetHTTP1(true)
		return t
	}
	t := &netTransport{plain: build(c.MaxConns)}
	if c.DisableHTTP2 || c.DisableKeepAlive {
		return t
	}
	bound := min(maxHTTP2Conns, c.MaxConns)
	t.bound = int32(bound)
	t.modern = build(bound)
	t.modern.Protocols.SetHTTP2(true)
	// Without pings, a connection that lost its peer stays in use: each request
	// on it times out, and the next one is sent on it again.
	t.modern.HTTP2 = &http.HTTP2Config{SendPingTimeout: c.Timeout / 4, PingTimeout: c.Timeout / 2}
	if proxy != nil {
		t.modern.Proxy = func(r *http.Request) (*url.URL, error) {
			u, err := proxy(r)
			if err == nil && u != nil && u.Scheme == "https" {
				return nil, errProxyOverTLS
			}
			return u, err
		}
	}
	if c.MaxConns > bound {
		t.spare = build(c.MaxConns - bound)
	}
	return t
}

// errProxyOverTLS stops net/http from offering HTTP/2 to an https proxy:
// net/http would then use HTTP/1.1 with it.
var errProxyOverTLS = errors.New("transport: HTTP/2 is not supported through an https proxy")

// RoundTrip sends one request. If a kept connection dies before any answer, the
// request is sent once more on a fresh one. Over HTTP/1.1 net/http does that.
func (t *netTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	c := *r
	return t.roundTrip(&c)
}

// roundTrip is RoundTrip for a request that may be changed.
func (t *netTransport) roundTrip(r *http.Request) (*http.Response, error) {
	if t.modern == nil || r.URL.Scheme != "https" {
		return t.plain.RoundTrip(t.reopening(r, nil))
	}
	if !t.old.Load() {
		return t.roundTripModern(r)
	}
	if t.inUse.Add(1) > t.bound && t.spare != nil {
		t.inUse.Add(-1)
		return t.spare.RoundTrip(t.reopening(r, nil))
	}
	answer, err := t.roundTripModern(r)
	if err != nil {
		t.inUse.Add(-1)
		return nil, err
	}
	answer.Body = &countedBody{ReadCloser: answer.Body, count: &t.inUse}
	return answer, nil
}

func (t *netTransport) roundTripModern(r *http.Request) (*http.Response, error) {
	var on sighting
	answer, err := t.modern.RoundTrip(t.reopening(on.watch(r), &on))
	switch {
	case err == nil:
		t.old.Store(answer.ProtoMajor == 1)
		return answer, nil
	case errors.Is(err, errProxyOverTLS):
		if again(r) {
			return t.plain.RoundTrip(t.reopening(r, nil))
		}
		return nil, err
	case !on.reused || !on.http2 || r.Context().Err() != nil || ofOneStream(err) || !again(r):
		return nil, err
	}
	if last := t.ending.Swap(&on.conn); last == nil || *last != on.conn {
		// The other connection may be dead, too.
		t.modern.CloseIdleConnections()
	}
	return t.modern.RoundTrip(r)
}

// reopening makes net/http repeat a request on a fresh connection if a kept one
// died. Otherwise net/http would try all other kept connections, and each dead
// one would use up a repetition.
func (t *netTransport) reopening(r *http.Request, on *sighting) *http.Request {
	if reopen := r.GetBody; reopen != nil {
		r.GetBody = func() (io.ReadCloser, error) {
			if on == nil || !on.http2 {
				t.CloseIdleConnections()
			}
			return reopen()
		}
	}
	return r
}

// again prepares a request to be sent a second time. It returns false if that
// is not possible.
func again(r *http.Request) bool {
	if r.GetBody == nil {
		return false
	}
	body, err := r.GetBody()
	if err != nil {
		return false
	}
	r.Body = body
	return true
}

// CloseIdleConnections closes the idle connections. [http.Client] calls it.
func (t *netTransport) CloseIdleConnections() {
	for _, one := range []*http.Transport{t.plain, t.modern, t.spare} {
		if one != nil {
			one.CloseIdleConnections()
		}
	}
}

// sighting records the connection that a request got last.
type sighting struct {
	conn   net.Conn
	reused bool
	http2  bool
}

// watch returns a copy of a request that fills in the sighting.
func (s *sighting) watch(r *http.Request) *http.Request {
	return r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		s.conn, s.reused, s.http2 = got.Conn, got.Reused, false
		if secured, ok := got.Conn.(*tls.Conn); ok {
			s.http2 = secured.ConnectionState().NegotiatedProtocol == "h2"
		}
	}}))
}

// streamError has the fields of net/http's error for a stream that the server
// ended. The type is unexported in net/http, and its As method fills any struct
// with the same fields.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (streamError) Error() string { return "stream error" }

// ofOneStream reports whether an error is about one request rather than the
// connection.
func ofOneStream(err error) bool {
	return is[streamError](err)
}

// countedBody lowers a count once when the body is closed.
type countedBody struct {
	io.ReadCloser
	count *atomic.Int32
}

func (b *countedBody) Close() error {
	if b.count != nil {
		b.count.Add(-1)
		b.count = nil
	}
	return b.ReadCloser.Close()
}
