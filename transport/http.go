package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/transport/internal/account"
	"github.com/ravenkit/ravenkit/transport/internal/attempt"
)

// HTTP delivers in the calling goroutine: sync+http and sync+https, on net/http
// or another [Engine]. It keeps its connections and the server's rate limits: a
// packet under a limit is not sent. Use [NewHTTP]; an HTTP is safe for
// concurrent use.
type HTTP struct {
	timeout  time.Duration
	maxConns int
	encoding *compression
	engine   Engine
	logger   *slog.Logger
	limiter  limiter
	secrets  []string  // of the proxy
	cut      sync.Once // logs once that a rate limit was shortened
	account  account.Account
	life     context.Context // cancelled by Close, with ErrClosed as its cause
	end      context.CancelCauseFunc
}

var _ Transport = (*HTTP)(nil)

// NewHTTP returns a transport for a configuration. The error joins one
// *[OptionError] for each fault. NewHTTP does not dial.
func NewHTTP(cfg HTTPConfig) (*HTTP, error) {
	fault := checkFields(&cfg)
	cfg = cfg.withDefaults()
	if cfg.Engine == nil {
		engine, err := newNetEngine(cfg)
		if fault = errors.Join(fault, err); fault != nil {
			return nil, fault
		}
		cfg.Engine = engine
	}
	if fault != nil {
		return nil, fault
	}
	h := &HTTP{
		timeout: cfg.Timeout, maxConns: cfg.MaxConns, encoding: newCompression(cfg.Compression), engine: cfg.Engine,
		logger: cfg.Logger, secrets: proxySecrets(cfg.Proxy),
	}
	h.life, h.end = context.WithCancelCause(context.Background())
	return h, nil
}

func httpDriver() Driver {
	return Driver{
		Schemes: []string{"sync+http", "sync+https"},
		Name:    "sync", Engine: "net/http", Blocking: true,
		Delivery: "in the caller, which waits for the answer", Decodes: true,
		Options: OptionSpecs(new(HTTPConfig)),
		Open:    func(dsn *DSN, env Env) (Transport, error) { return openHTTP(dsn, env) },
	}
}

// openHTTP makes the HTTP that a DSN describes, and decodes the options of
// others.
func openHTTP(dsn *DSN, env Env, others ...OptionBinder) (*HTTP, error) {
	var cfg HTTPConfig
	if err := cfg.Decode(dsn, env, others...); err != nil {
		return nil, err
	}
	return NewHTTP(cfg)
}

// overHTTP completes the driver of a transport that delivers through an HTTP.
// configure returns its configuration before the options are decoded.
func overHTTP[C any, B interface {
	*C
	OptionBinder
}, T Transport](d Driver, configure func(*DSN, Env) C, open func(next Transport, cfg C) (T, error)) Driver {
	d.Engine, d.Decodes = "net/http", true
	d.Options = OptionSpecs(new(HTTPConfig), B(new(C)))
	d.Open = func(dsn *DSN, env Env) (Transport, error) {
		cfg := configure(dsn, env)
		next, err := openHTTP(dsn, env, B(&cfg))
		if err != nil {
			return nil, err
		}
		return open(next, cfg)
	}
	return d
}

// Send delivers one packet and waits for the outcome.
//   - It returns when the server has answered completely, when the transport's
//     timeout is over, or when ctx ends, whichever is first.
//   - A 2xx answer is a [Response]. Any other outcome is an error: an
//     *[APIError], a *[RateLimitedError], a *[NetworkError] that unwraps to its
//     cause, or [ErrClosed].
//   - Redirects are errors, because a client that follows one sends an empty
//     GET.
//   - A packet under a rate limit of an earlier answer is not sent: the outcome
//     is a *[RateLimitedError] that is Held.
//   - The packet is only read, and not kept.
//   - After Close it returns [ErrClosed].
func (h *HTTP) Send(ctx context.Context, p *Packet) (*Response, error) {
	t, ok := h.account.Accept()
	if !ok {
		return nil, ErrClosed
	}
	defer h.account.Settle(t)
	if err := h.limiter.check(p); err != nil {
		return nil, err
	}
	if ctx == h.life { // Threaded and others on this HTTP send with its life
		own := attempt.New(h.life, h.timeout)
		defer own.End()
		ctx = own
	} else {
		timed, cancel := context.WithTimeout(ctx, h.timeout)
		defer cancel()
		defer context.AfterFunc(h.life, cancel)()
		ctx = timed
	}
	reply, err := h.engine.Post(ctx, h.request(p))
	if err != nil {
		return nil, h.networkError(ctx, p, err)
	}
	now := time.Now()
	limits, cut := parseRateLimits(reply.Header, reply.Status, now)
	if cut > 0 {
		h.cut.Do(func() {
			h.logger.Warn("transport: the server's rate limit is longer than the maximum",
				"host", hostOf(p.URL), "asked", cut.String(), "obeyed", maxRateLimit.String())
		})
	}
	h.limiter.note(limits)
	return answer(p, reply, limits, now, h.secrets)
}

func (h *HTTP) request(p *Packet) *Request {
	return &Request{URL: p.URL, Header: p.Header, Encoding: h.encoding.name, Body: h.encoding.encode(p.Body)}
}

func (h *HTTP) networkError(ctx context.Context, p *Packet, err error) error {
	if h.life.Err() != nil {
		err = abandoned(p, err)
	} else if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		// The engine's error for a cancelled connection depends on when the
		// context ended.
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	} else if ranOutOfTime(err) && !errors.Is(err, context.DeadlineExceeded) {
		// An engine may have timeouts of its own, such as net/http's for
		// handshakes.
		err = fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	}
	err = quiet(err, append(secretsOf(p), h.secrets...))
	return &NetworkError{EventID: p.EventID, Host: hostOf(p.URL), Err: err}
}

func ranOutOfTime(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// hostOf returns the host and port of an endpoint, for errors.
func hostOf(endpoint string) string {
	_, rest, _ := strings.Cut(endpoint, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host[strings.LastIndexByte(host, '@')+1:]
}

// closeGrace is how long Close waits after its deadline for cancelled sends to
// return.
const closeGrace = 200 * time.Millisecond

// Close ends the transport.
//   - It waits for the running sends until ctx ends, then cancels them, and
//     closes every connection. All goroutines of the transport have ended when
//     it returns.
//   - It returns nil, or an *[UndeliveredError] that counts what it cancelled.
//   - It may be called again and concurrently: every call waits for the same
//     end, and calls that cancelled nothing return nil.
func (h *HTTP) Close(ctx context.Context) error {
	h.account.Close()
	left := h.account.Flush(ctx)
	h.end(ErrClosed)
	stuck := 0
	if left > 0 {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeGrace)
		defer cancel()
		stuck = h.account.Flush(grace)
	}
	h.engine.Close()
	if left == 0 {
		return nil
	}
	return &UndeliveredError{Abandoned: left - stuck, Stuck: stuck, Err: context.Cause(ctx)}
}
