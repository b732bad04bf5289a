package main

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/advice"
	"github.com/ravenkit/ravenkit/transport"
)

// examination is one run of `raven doctor`. Each step stores what later steps
// need.
type examination struct {
	env   *environment
	given string

	target  *target
	client  *raven.Client
	watch   watch
	http    transport.HTTPConfig // the options about HTTP
	timeout time.Duration
	proxy   *url.URL // nil: there is none
	conn    net.Conn // to the server or the proxy

	id   string
	sent error // the outcome of the event
}

type step struct {
	name string
	run  func(context.Context) finding // nil: it does not apply
	// If it fails, the later steps run all the same.
	apart bool
}

func (e *examination) steps() []step {
	return []step{
		{name: "dsn", run: e.readDSN},
		{name: "options", run: e.openClient},
		{name: "spool", run: e.spoolStep(), apart: true},
		{name: "resolve", run: e.network(e.resolve)},
		{name: "connect", run: e.network(e.connect)},
		{name: "tls", run: e.network(e.handshake)},
		{name: "post", run: e.post},
		{name: "answer", run: e.answer},
	}
}

// end closes everything that the steps opened. It may be called again.
func (e *examination) end() error {
	if e.conn != nil {
		_ = e.conn.Close() // it is no longer needed
	}
	return e.client.Close(context.Background())
}

// network wraps steps that need a network: they get the DSN's timeout, and are
// skipped for transports that send nothing.
func (e *examination) network(run func(context.Context) finding) func(context.Context) finding {
	return func(ctx context.Context) finding {
		if !e.target.sends() {
			return skip("%s+… sends nothing; without it the DSN sends to %s", e.target.driver.Name, e.target.dsn.Host)
		}
		ctx, cancel := context.WithTimeout(ctx, e.timeout)
		defer cancel()
		return run(ctx)
	}
}

func (e *examination) readDSN(context.Context) finding {
	t, err := e.env.target(e.given)
	if err != nil {
		return unusable(err)
	}
	e.target = t
	return ok("%s", t.dsn).with("events go to", "%s", endpoint(t.dsn))
}

// unusable returns a finding with the advice for an error.
func unusable(err error) finding {
	if a, ok := errors.AsType[*advised](err); ok {
		return bad(err, a.fix)
	}
	return bad(err, "")
}

// openClient checks the scheme and all options, and reads the files of the
// options.
func (e *examination) openClient(context.Context) finding {
	client, err := e.env.open(e.target, &e.watch)
	if err != nil {
		return unusable(err)
	}
	e.client = client
	if err := transport.DecodeOptions(advice.OptionsFor(e.target.dsn, &e.http), &e.http); err != nil {
		return bad(err, advice.For(err, e.target.dsn))
	}
	e.timeout = cmp.Or(e.http.Timeout, transport.DefaultTimeout)
	f := ok("%s", e.target.how()).with("timeout", "%s", e.timeout)
	if !e.target.sends() {
		return f
	}
	if err := e.findProxy(); err != nil {
		return bad(err, "check the option proxy, and HTTP_PROXY and HTTPS_PROXY in the environment")
	}
	if e.proxy != nil {
		f = f.with("proxy", "%s, from %s", e.proxy.Redacted(), e.proxySource())
	}
	return f
}

// findProxy uses the same code as the transports.
func (e *examination) findProxy() (err error) {
	request, err := http.NewRequest(http.MethodPost, endpoint(e.target.dsn), nil)
	if err != nil {
		return err
	}
	if choose := e.http.ProxyFunc(); choose != nil {
		e.proxy, err = choose(request)
	}
	return err
}

func (e *examination) proxySource() string {
	if e.http.Proxy != "" {
		return "the option proxy"
	}
	return "the environment (HTTP_PROXY, HTTPS_PROXY); proxy=none uses no proxy"
}

// nextHop returns the address to which connections are opened.
func (e *examination) nextHop() (host, port string) {
	if e.proxy == nil {
		return advice.Address(e.target.dsn)
	}
	return e.proxy.Hostname(), cmp.Or(e.proxy.Port(), map[string]string{"http": "80", "https": "443"}[e.proxy.Scheme], "1080")
}

func (e *examination) resolve(ctx context.Context) finding {
	host, _ := e.nextHop()
	whose := ""
	if e.proxy != nil {
		whose = "the proxy "
	}
	if net.ParseIP(host) != nil {
		return ok("%s%s is an address already", whose, host)
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return bad(err, e.networkFix(err))
	}
	return ok("%s%s is %s", whose, host, strings.Join(addresses, ", "))
}

func (e *examination) connect(ctx context.Context) finding {
	hop := net.JoinHostPort(e.nextHop())
	start := time.Now()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", hop)
	if err != nil {
		return bad(err, e.networkFix(err))
	}
	e.conn = conn
	if e.proxy != nil {
		return ok("to the proxy %s in %s", hop, brief(time.Since(start)))
	}
	return ok("to %s in %s", conn.RemoteAddr(), brief(time.Since(start)))
}

// networkFix returns advice for an error of the connection to the next hop.
func (e *examination) networkFix(err error) string {
	if e.proxy != nil {
		err = &net.OpError{Op: "proxyconnect", Net: "tcp", Err: err}
	}
	return advice.Network(err, "", e.target.dsn)
}

// post sends an event like any program, through the DSN's transport. The next
// step checks the server's answer.
func (e *examination) post(ctx context.Context) finding {
	e.id, e.sent = e.client.Deliver(ctx, &raven.Event{
		Message: "This is a test message from raven doctor", Level: raven.LevelInfo, Logger: "raven.doctor",
	})
	var network *transport.NetworkError
	switch {
	case errors.As(e.sent, &network):
		return bad(e.sent, advice.For(e.sent, e.target.dsn))
	case !e.target.sends() && e.sent != nil:
		return bad(e.sent, "")
	case e.watch.packet == nil:
		return ok("event %s", e.id)
	}
	return ok("event %s, %d bytes before compression, in %s", e.id, len(e.watch.packet.Body), brief(e.watch.took))
}

func (e *examination) answer(context.Context) finding {
	switch {
	case e.sent != nil:
		return bad(e.sent, advice.For(e.sent, e.target.dsn))
	case !e.target.sends():
		return skip("there is no server to ask")
	}
	return ok("%s", e.watch.answer())
}
