package sentrytest

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/problemlog"
	"github.com/ravenkit/ravenkit/sentrytest/internal/serving"
	"github.com/ravenkit/ravenkit/sentrytest/internal/sockets"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Proxy is a forward proxy for tests. It forwards requests with an absolute
// URL, which clients use for http, and opens tunnels for CONNECT, which they
// use for https. Make one with [NewProxy] or [StartProxy].
//
// Many clients use no proxy for hosts on loopback. With [ProxyTo] the DSN can
// have any other host:
//
//	srv := sentrytest.NewServer(t)
//	proxy := sentrytest.NewProxy(t, sentrytest.ProxyTo(srv))
//	client := newClient("http://key@sentry.test/1", proxy.URL())
//
// All methods are safe for concurrent use.
type Proxy struct {
	cfg      proxyConfig
	addr     string
	span     *serving.Span
	forward  *httputil.ReverseProxy
	outgoing *http.Transport
	accepted atomic.Int64
	problems problemlog.Log
	once     sync.Once
	closeErr error

	mu       sync.Mutex // guards requests and what they point to
	requests []*ProxyRequest
}

// ProxyRequest is one request that a [Proxy] received.
type ProxyRequest struct {
	Time   time.Time // when its headers had arrived
	Method string
	Target string      // host:port for CONNECT, else the absolute URL
	User   string      // of the credentials it came with, right or wrong; "" for none
	Header http.Header // as received, Proxy-Authorization included
	Status int         // what the proxy answered; 0 while the request is under way
}

// String returns the request on one line, without the password.
func (r ProxyRequest) String() string {
	who, answer := "no credentials", "no answer"
	if r.User != "" {
		who = "user " + r.User
	}
	if r.Status != 0 {
		answer = fmt.Sprint(r.Status)
	}
	return texts.OneLine(fmt.Sprintf("%s %s (%s) -> %s", r.Method, r.Target, who, answer))
}

// NewProxy starts a proxy for the test, on a free loopback port, and closes it
// when the test ends. It logs what it received if the test has failed, and
// fails the test when it cannot start.
func NewProxy(tb TB, opts ...ProxyOption) *Proxy {
	tb.Helper()
	p, err := StartProxy(opts...)
	if err != nil {
		tb.Fatalf("%v", err)
		return nil
	}
	tb.Cleanup(func() {
		tb.Helper()
		if err := p.Close(); err != nil {
			tb.Errorf("sentrytest: closing the proxy: %v", err)
		}
		if tb.Failed() {
			tb.Logf("%s", p.Dump())
		}
	})
	return p
}

// StartProxy starts a proxy that its caller has to close: for Examples and
// programs. It fails when there is no port for it.
func StartProxy(opts ...ProxyOption) (*Proxy, error) {
	p := &Proxy{cfg: newProxyConfig(opts)}
	l, err := sockets.Listen("")
	if err != nil {
		return nil, fmt.Errorf("sentrytest: %w", err)
	}
	p.addr = l.Addr().String()
	p.outgoing = &http.Transport{DialContext: p.cfg.dialPlain, DisableCompression: true}
	p.forward = &httputil.ReverseProxy{
		Rewrite:       passOn,
		Transport:     p.outgoing,
		FlushInterval: -1,
		ErrorLog:      log.New(&p.problems, "", 0),
	}
	p.span = serving.New(serving.Config{
		Handler: http.HandlerFunc(p.handle), Number: func() int { return int(p.accepted.Add(1)) }, Problems: &p.problems,
	}, l)
	return p, nil
}

// Close stops the proxy and every tunnel, and waits for them. Later calls
// return the same error.
func (p *Proxy) Close() error {
	p.once.Do(func() {
		p.closeErr = p.span.End()
		p.outgoing.CloseIdleConnections()
	})
	return p.closeErr
}

// URL returns the URL of the proxy, with the credentials of [ProxyAuth] if
// there are any. [Proxy.Addr] has no credentials.
func (p *Proxy) URL() string {
	u := url.URL{Scheme: "http", Host: p.addr}
	if p.cfg.auth {
		u.User = url.UserPassword(p.cfg.user, p.cfg.password)
	}
	return u.String()
}

// Addr returns the host and port of the proxy.
func (p *Proxy) Addr() string { return p.addr }

// Requests returns the requests that the proxy received, in the order of
// arrival, refused ones included. A request is listed before its client has the
// answer. Requests inside of a tunnel are not listed.
func (p *Proxy) Requests() []ProxyRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]ProxyRequest, len(p.requests))
	for i, r := range p.requests {
		out[i] = *r
		out[i].Header = r.Header.Clone()
	}
	return out
}

// Dump returns a description of what the proxy received, one line a request and
// at most a hundred of them.
func (p *Proxy) Dump() string {
	requests := p.Requests()
	n := 0
	number := func(r ProxyRequest) string {
		n++
		return fmt.Sprintf("%d. %s", n, r)
	}
	return fmt.Sprintf("sentrytest: proxy %s received %s", p.addr, texts.Count(len(requests), "request")) +
		dumped(requests, number) + dumped(p.problems.All(), func(line string) string { return line })
}

func (p *Proxy) record(r *http.Request) *ProxyRequest {
	target := r.URL.String()
	if r.Method == http.MethodConnect {
		target = r.Host
	}
	user, _ := proxyCredentials(r)
	seen := &ProxyRequest{Time: time.Now(), Method: r.Method, Target: target, User: user, Header: r.Header.Clone()}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, seen)
	return seen
}

func (p *Proxy) answered(seen *ProxyRequest, status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen.Status = status
}
