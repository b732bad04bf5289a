package transporttest

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// trial is one run of one case: a T whose failures name the case and its rule.
type trial struct {
	T
	c Case
	h Harness
	carrier
	servers []*sentrytest.Server
	// either is set by cases in which the transport may use HTTP/1.1 with
	// servers that offer HTTP/2.
	either bool
	// addrs has the addresses of servers on the harness's network.
	addrs map[*sentrytest.Server]string
}

func (t *trial) Errorf(format string, args ...any) {
	t.Helper()
	t.T.Errorf("%s", t.explain(fmt.Sprintf(format, args...)))
}

func (t *trial) Fatalf(format string, args ...any) {
	t.Helper()
	t.T.Fatalf("%s", t.explain(fmt.Sprintf(format, args...)))
	panic("transporttest: T.Fatalf has returned")
}

func (t *trial) explain(what string) string {
	over := t.h.scheme(t.base)
	if t.http2 {
		over += ", HTTP/2"
	}
	return fmt.Sprintf("%s (over %s): %s\n\tthe rule: %s", t.c.Name, over, what, t.c.Rule)
}

// serve starts a server for the trial's scheme and protocol. If a step is left
// over, the case fails with the number of requests.
func (t *trial) serve(steps ...sentrytest.Step) *sentrytest.Server {
	t.Helper()
	var srv *sentrytest.Server
	if t.base == "https" {
		srv = t.serveTLS(sentrytest.Trusted())
	} else {
		srv = t.join(sentrytest.NewServer(t, t.options()...))
	}
	srv.Script(steps...)
	return srv
}

func (t *trial) serveTLS(certificate sentrytest.Option) *sentrytest.Server {
	t.Helper()
	options := append(t.options(), certificate)
	if t.http2 {
		options = append(options, sentrytest.HTTP2())
	}
	return t.join(sentrytest.NewTLSServer(t, options...))
}

func (t *trial) options() []sentrytest.Option {
	if t.h.Network == nil {
		return nil
	}
	return []sentrytest.Option{sentrytest.InMemory()}
}

// join gives a server its address on the harness's network, if there is one.
func (t *trial) join(srv *sentrytest.Server) *sentrytest.Server {
	t.servers = append(t.servers, srv)
	if t.h.Network != nil {
		if t.addrs == nil {
			t.addrs = make(map[*sentrytest.Server]string)
		}
		t.addrs[srv] = t.h.Network.join(srv.DialContext)
	}
	return srv
}

// spoken checks the HTTP version of the requests.
func (t *trial) spoken() {
	t.Helper()
	for _, srv := range t.servers {
		for _, r := range srv.Requests() {
			if t.http2 && !t.either && r.Proto != "HTTP/2.0" {
				t.Errorf("the server offers HTTP/2, but got a request over %s: %s", r.Proto, r)
				return
			}
		}
	}
}

func (t *trial) addr(srv *sentrytest.Server) string {
	if addr, ok := t.addrs[srv]; ok {
		return addr
	}
	return srv.Addr()
}

// dsn returns a DSN for the server. params are names and values of options.
func (t *trial) dsn(srv *sentrytest.Server, params ...string) *transport.DSN {
	t.Helper()
	dsn, err := transport.ParseDSN(srv.DSN(sentrytest.DSNScheme(t.h.Scheme)))
	if err != nil {
		t.Fatalf("the server's DSN is invalid: %v", err)
	}
	if addr, ok := t.addrs[srv]; ok {
		dsn.Host = addr
	}
	if t.base == "https" {
		dsn.Options.Set("ca_certs", srv.CACertFile())
	}
	for i := 0; i < len(params); i += 2 {
		dsn.Options.Set(params[i], params[i+1])
		if params[i+1] == "" {
			dsn.Options.Del(params[i])
		}
	}
	return dsn
}

// open opens the transport for a server, and closes it at the end of the trial.
func (t *trial) open(srv *sentrytest.Server, params ...string) *link {
	t.Helper()
	return t.openEnv(t.h.env(t), t.dsn(srv, params...))
}

func (t *trial) openEnv(env transport.Env, dsn *transport.DSN) *link {
	t.Helper()
	tr, err := t.h.open(dsn, env)
	if err != nil {
		t.Fatalf("%v can't be opened: %v", dsn, err)
	}
	t.Cleanup(func() { closeNow(tr, t.h.patience()) })
	l := &link{t: t, dsn: dsn, Transport: tr}
	l.async, _ = tr.(transport.AsyncTransport)
	if h, ok := tr.(transport.Holder); ok && h.Watch(l.notices.add) {
		l.holder = h
	}
	return l
}

// closeNow closes a transport for cleaning up. It does not check the rules of
// Close, and waits only briefly for a transport that hangs.
func closeNow(tr transport.Transport, patience time.Duration) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_ = tr.Close(ctx)
	}()
	select {
	case <-closed:
	case <-time.After(min(patience, time.Second)):
	}
}

// until polls a condition.
func (t *trial) until(what string, met func() bool) {
	t.Helper()
	if !eventually(t.h.patience(), met) {
		t.Fatalf("waited %v in vain for: %s", t.h.patience(), what)
	}
}

func eventually(patience time.Duration, met func() bool) bool {
	end := time.After(patience)
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		if met() {
			return true
		}
		select {
		case <-time.After(pause):
		case <-end:
			return met()
		}
	}
}

func (t *trial) requests(srv *sentrytest.Server, n int) {
	t.Helper()
	t.until(fmt.Sprintf("request %d at the server", n), func() bool { return len(srv.Requests()) >= n })
}

// receive waits for a value on a channel.
func receive[V any](t *trial, what string, ch <-chan V) V {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(t.h.patience()):
		t.Fatalf("%s did not happen within %v", what, t.h.patience())
		panic("unreachable")
	}
}

// within runs f in a goroutine, so that the trial ends even if f never returns.
func within[V any](t *trial, what string, f func() V) V {
	t.Helper()
	ch := make(chan V, 1)
	go func() { ch <- f() }()
	return receive(t, "the return of "+what, ch)
}

// finish is within for functions without a result.
func finish(t *trial, what string, f func()) {
	t.Helper()
	within(t, what, func() struct{} { f(); return struct{}{} })
}

// patient returns a context that ends when the trial has waited too long.
func (t *trial) patient() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), t.h.patience())
}

// shortly returns a context that ends soon, but late enough for a request to
// reach the server.
func shortly() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 30*time.Millisecond)
}

var eventIDs atomic.Int64

func newEventID() string { return fmt.Sprintf("%032x", eventIDs.Add(1)) }
