package fasthttptransport

import (
	"cmp"
	"context"
	"crypto/tls"
	"math"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/internal/conns"
)

const (
	// idleTime is how long an unused connection stays open.
	idleTime  = 90 * time.Second
	maxHeader = 64 << 10
	// maxBody limits how much of an answer is read. More than MaxReply is read
	// because a connection can be used again only after the whole answer is
	// read.
	maxBody = transport.MaxReply + 256<<10
)

type engine struct {
	dial      conns.DialFunc
	tls       *tls.Config
	proxy     func(*http.Request) (*url.URL, error) // nil: no proxy
	keepAlive bool
	slots     chan struct{} // one for each open connection
	last      atomic.Pointer[target]
	idle      *time.Timer // closes the connections when none was used for idleTime
	close     func()

	mu      sync.Mutex
	origins map[string]*origin
}

var _ transport.Engine = (*engine)(nil)

// origin is a server with its connections.
type origin struct {
	route
	pool *fasthttp.HostClient
}

// target is the destination of a URL's requests. A transport usually has one
// URL.
type target struct {
	url    string
	origin *origin
	host   string // for the Host header
	uri    string // for the request line
}

func newEngine(c transport.HTTPConfig) (*engine, error) {
	c.Timeout = cmp.Or(c.Timeout, transport.DefaultTimeout)
	if c.MaxConns <= 0 {
		// Below 0, NewHTTP refuses it.
		c.MaxConns = transport.DefaultMaxConns
	}
	tlsConfig, err := c.TLSConfig()
	if err != nil {
		return nil, err
	}
	tlsConfig.NextProtos = []string{"http/1.1"} // fasthttp supports no other
	life, end := context.WithCancel(context.Background())
	opened := conns.New(c.DialContext, c.Timeout, life)
	e := &engine{
		dial: opened.Dial, tls: tlsConfig, proxy: c.ProxyFunc(),
		keepAlive: !c.DisableKeepAlive,
		slots:     make(chan struct{}, min(c.MaxConns, math.MaxInt32)),
		origins:   make(map[string]*origin),
	}
	e.idle = time.AfterFunc(idleTime, e.closeIdle)
	e.idle.Stop()
	e.close = func() {
		end()
		e.closeIdle()
		opened.CloseAll()
	}
	return e, nil
}

// Post sends a request on a pooled connection.
func (e *engine) Post(ctx context.Context, r *transport.Request) (*transport.Reply, error) {
	to, err := e.target(r.URL)
	if err != nil {
		return nil, err
	}
	if err := e.takeSlot(ctx); err != nil {
		return nil, err
	}
	defer func() { <-e.slots }()
	if err := ctx.Err(); err != nil {
		return nil, err // select chooses at random
	}
	defer e.idle.Reset(idleTime)
	for {
		reply, again, err := e.exchange(ctx, to, r)
		if !again {
			return reply, err
		}
		// If one kept connection was dead, the others are, too. A fresh one
		// ends the loop in any case.
		to.origin.pool.CloseIdleConnections()
	}
}

// takeSlot tries to take a slot before it waits: calling Done starts a timer.
func (e *engine) takeSlot(ctx context.Context) error {
	select {
	case e.slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case e.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *engine) target(rawURL string) (*target, error) {
	if last := e.last.Load(); last != nil && last.url == rawURL {
		return last, nil
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, err
	}
	o, err := e.origin(u)
	if err != nil {
		return nil, err
	}
	to := &target{url: rawURL, origin: o, host: u.Host, uri: o.requestURI(u)}
	e.last.Store(to)
	return to, nil
}

func (e *engine) origin(u *url.URL) (*origin, error) {
	key := u.Scheme + "://" + u.Host
	e.mu.Lock()
	defer e.mu.Unlock()
	if o := e.origins[key]; o != nil {
		return o, nil
	}
	route, err := e.routeTo(u)
	if err != nil {
		return nil, err
	}
	o := &origin{route: route, pool: &fasthttp.HostClient{
		Addr: route.addr,
		// The first exchange opens the connection, because it has a context.
		Dial: func(string) (net.Conn, error) { return new(link), nil },
		// The slots limit the connections. The pool's own limit includes
		// connections that are about to be closed, and would refuse the next
		// one.
		MaxConns:       math.MaxInt32,
		ReadBufferSize: maxHeader,
	}}
	e.origins[key] = o
	return o, nil
}

func (e *engine) closeIdle() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, o := range e.origins {
		o.pool.CloseIdleConnections()
	}
}

// Close closes every connection.
func (e *engine) Close() {
	e.idle.Stop()
	e.close()
}
