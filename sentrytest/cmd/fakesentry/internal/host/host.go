package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/api"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// Config configures a Host. The zero value listens on a free port of loopback
// and keeps everything in memory.
type Config struct {
	Addr      string // for http, in the form of net.Listen; "" means a free port of loopback
	TLS       bool   // serve https too
	TLSAddr   string // for https; "" means a free port of loopback
	HTTP2     bool   // offer HTTP/2 over https, besides HTTP/1.1; ignored without TLS
	CertNames []string
	PublicURL string // the address for clients, if it differs from the listener's; else ""
	Store     store.Config
	// HeaderTimeout is the time limit for a TLS handshake and for the headers
	// of a request. 0 means 30 seconds.
	HeaderTimeout time.Duration
	// AllowOrigins are the origins whose pages may read events, besides the
	// host's own; "*" means all.
	AllowOrigins []string
	// Page returns the handler of all addresses that belong neither to ingest
	// nor to the API. The default is a page in plain text that names the
	// addresses.
	Page func(h *Host) api.Page
	// Returned reports whether this program has forwarded a request with this
	// header. Such requests are refused. nil refuses none.
	Returned func(header http.Header) bool
	// Received is called for each stored request, before it is answered. It
	// must not block. nil is ignored.
	Received func(a *sentrytest.Arrival)
	// Failed is called with each error of storing a request, from any
	// goroutine. The client gets a 503. nil is ignored.
	Failed func(err error)
	// Problem is called with errors before a request, such as those of TLS
	// handshakes, from any goroutine. nil is ignored.
	Problem func(line string)
	Version string // of the program
}

// Key is the public key of the shared DSN of every Host. It never changes, so a
// DSN in a configuration works after a restart. Any other key is accepted too.
const Key = "facade00facade00facade00facade00"

const defaultHeaderTimeout = 30 * time.Second

// Project is the project of the shared DSN of every Host.
const Project = "1"

// Host is a running fakesentry. Make one with [Start].
type Host struct {
	Server *sentrytest.Server
	Store  *store.Store

	// API serves the addresses below /api/.
	API *api.API
	// Before is the number of the newest arrival in the store's file before the
	// start.
	Before int64

	public  *url.URL   // nil without a public URL
	listens []endpoint // the addresses with listeners
	life    context.Context
	stop    context.CancelFunc
	started chan struct{} // closed when the fields above are set
	running sync.WaitGroup
}

// Start starts a host. The caller must close it. It fails if an address or the
// store's file can't be used, or if the public URL is invalid.
func Start(cfg Config) (*Host, error) {
	h := &Host{started: make(chan struct{})}
	if cfg.PublicURL != "" {
		u, err := url.Parse(strings.TrimRight(cfg.PublicURL, "/"))
		if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			return nil, fmt.Errorf("the public URL %q is not of the form http://HOST:PORT or https://HOST:PORT", cfg.PublicURL)
		}
		h.public = u
	}
	guard, err := api.NewGuard(cfg.AllowOrigins, h.names(cfg))
	if err != nil {
		return nil, err
	}
	if h.Store, err = store.Open(cfg.Store); err != nil {
		return nil, err
	}
	h.Before = h.Store.Last()
	h.life, h.stop = context.WithCancel(context.Background())
	h.API = api.New(api.Config{
		Store: h.Store, DSN: h.RequestDSN, TLSDSN: h.RequestTLSDSN, Key: Key, Project: Project, Faults: func() api.Faults { return h.Server }, Version: cfg.Version, Guard: guard, Lifetime: h.life,
	})
	if h.Server, err = sentrytest.Start(h.options(cfg)...); err != nil {
		h.stop()
		return nil, errors.Join(explained(err, cfg), h.Store.Close())
	}
	h.listens = endpoints(h.Server, cfg)
	h.running.Go(func() { h.Store.RunExpiry(h.life) })
	close(h.started)
	return h, nil
}

// names returns the host names of the server.
func (h *Host) names(cfg Config) []string {
	names := cfg.CertNames
	if h.public != nil {
		names = append([]string{h.public.Hostname()}, names...)
	}
	return names
}

func (h *Host) options(cfg Config) []sentrytest.Option {
	options := []sentrytest.Option{
		sentrytest.Listen(cfg.Addr),
		sentrytest.Spotlight(),
		sentrytest.HeaderTimeout(cmp.Or(cfg.HeaderTimeout, defaultHeaderTimeout)),
		sentrytest.OnProblem(cfg.Problem),
		sentrytest.MaxHistory(1), // the store keeps everything
		sentrytest.BeforeAnswer(func(ctx context.Context, a *sentrytest.Arrival) error {
			if err := h.Store.Add(ctx, a); err != nil {
				if cfg.Failed != nil && ctx.Err() == nil {
					cfg.Failed(err)
				}
				return err
			}
			if cfg.Received != nil {
				cfg.Received(a)
			}
			return nil
		}),
	}
	if cfg.TLS {
		options = append(options, sentrytest.ListenTLS(cfg.TLSAddr), sentrytest.CertNames(cfg.CertNames...))
	}
	if cfg.TLS && cfg.HTTP2 {
		options = append(options, sentrytest.HTTP2())
	}
	return append(options, sentrytest.Around(func(ingest http.Handler) http.Handler {
		page := api.Page(plainPage{h})
		if cfg.Page != nil {
			page = cfg.Page(h)
		}
		whole := h.API.Handler(h.refuseReturned(ingest, cfg), page)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-h.started // a request may come before Start is done
			whole.ServeHTTP(w, r)
		})
	}))
}

// plainPage names the addresses.
type plainPage struct{ host *Host }

// Has reports whether the request is for the only page.
func (plainPage) Has(r *http.Request) bool { return r.URL.Path == "/" && r.Method == http.MethodGet }

func (p plainPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	h := p.host
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "fakesentry\n\nDSN  %s\nAPI  %s/api/v1/events, described by %s/api/v1/openapi.json\n", h.DSN(Key, Project), h.URL(), h.URL())
}

// explained removes the package's name from an error, because the program
// prints its own name.
func explained(err error, cfg Config) error {
	var op *net.OpError
	if errors.Is(err, syscall.EADDRINUSE) && errors.As(err, &op) && op.Addr != nil {
		flag := "--addr"
		if op.Addr.String() == cfg.TLSAddr {
			flag = "--tls-addr"
		}
		return fmt.Errorf("%s %s: another program, perhaps another fakesentry, listens there; %s 127.0.0.1:0 takes any free port", flag, op.Addr, flag)
	}
	return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "sentrytest: "))
}

// Close ends waits and streams, stops the server, and closes the store.
func (h *Host) Close() error {
	h.stop()
	h.running.Wait()
	return errors.Join(h.Server.Close(), h.Store.Close())
}

// Shutdown is like Close, but first waits for requests under way, until ctx
// ends.
func (h *Host) Shutdown(ctx context.Context) error {
	h.stop() // otherwise streams would never end
	h.Settle(ctx)
	return h.Close()
}

// Lifetime returns a context that ends when the host begins to close. Handlers
// that wait or stream must return then.
func (h *Host) Lifetime() context.Context { return h.life }

// URL returns the address for clients and browsers, without a trailing slash.
func (h *Host) URL() string {
	if h.public != nil {
		return h.public.String()
	}
	return h.Server.URL()
}

// DSN returns the DSN of a key and a project at the host's address.
func (h *Host) DSN(key, project string) string { return dsn(h.URL(), key, project) }

// RequestDSN returns the DSN for the client of a request. It has the host name
// of the request, which may be that of a container or a forwarded port. A
// public URL takes precedence.
func (h *Host) RequestDSN(r *http.Request, key, project string) string {
	if h.public != nil {
		return h.DSN(key, project)
	}
	return dsn(reachedFrom(r, h.Server.URL(), r.TLS == nil), key, project)
}

// RequestTLSDSN is RequestDSN for https. It returns "" without TLS.
func (h *Host) RequestTLSDSN(r *http.Request, key, project string) string {
	if h.public != nil || h.Server.TLSURL() == "" {
		return h.TLSDSN(key, project)
	}
	return dsn(reachedFrom(r, h.Server.TLSURL(), r.TLS != nil), key, project)
}

// reachedFrom returns the URL of a listener with the host name of the request.
// If the request came by that listener, the URL has its port too.
func reachedFrom(r *http.Request, listener string, same bool) string {
	u, err := url.Parse(listener)
	if err != nil || r.Host == "" {
		return listener
	}
	if same {
		u.Host = r.Host
		return u.String()
	}
	name := (&url.URL{Host: r.Host}).Hostname()
	u.Host = net.JoinHostPort(name, u.Port())
	return u.String()
}

// TLSDSN is DSN for https. It returns "" without TLS.
func (h *Host) TLSDSN(key, project string) string {
	if h.Server.TLSURL() == "" {
		return ""
	}
	return dsn(h.Server.TLSURL(), key, project)
}

func dsn(base, key, project string) string {
	scheme, rest, _ := strings.Cut(base, "://")
	return scheme + "://" + key + "@" + rest + "/" + project
}
