package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// HTTP delivers in the calling goroutine, on net/http: sync+http and
// sync+https. It holds nothing but its connections. Use [NewHTTP]; an HTTP is
// safe for concurrent use.
type HTTP struct {
	cfg         HTTPConfig
	client      *http.Client
	own         *http.Transport // nil where the client is the user's
	compression *compression
	conns       *conns
	account     account
	life        context.Context // cancelled, with ErrClosed as its cause, by Close
	end         context.CancelCauseFunc
}

var _ Transport = (*HTTP)(nil)

// NewHTTP returns a transport for a configuration; the error joins one
// *[OptionError] for each fault. Nothing is dialled before the first Send.
func NewHTTP(cfg HTTPConfig) (*HTTP, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	h := &HTTP{cfg: cfg, compression: newCompression(cfg.Compression)}
	h.life, h.end = context.WithCancelCause(context.Background())
	h.conns = newConns(cfg.DialContext, cfg.Timeout, h.life)
	var err error
	h.client, h.own, err = cfg.client(h.conns.dial)
	if err != nil {
		return nil, err
	}
	return h, nil
}

func httpDriver() Driver {
	return Driver{
		Schemes: []string{"sync+http", "sync+https"},
		Name:    "sync", Engine: "net/http", Blocking: true,
		Delivery: "in the caller, who waits for the answer",
		Options:  OptionSpecs(new(HTTPConfig)),
		Open: func(dsn *DSN, env Env) (Transport, error) {
			h, err := openHTTP(dsn, env, new(HTTPConfig))
			if err != nil {
				return nil, err
			}
			return h, nil
		},
	}
}

// openHTTP makes the HTTP that a DSN describes, for the drivers that deliver
// through one. Options of the others come along to be decoded.
func openHTTP(dsn *DSN, env Env, cfg *HTTPConfig, others ...OptionBinder) (*HTTP, error) {
	if err := DecodeOptions(dsn.Options, append(others, cfg)...); err != nil {
		return nil, err
	}
	err := contradicts(dsn, env, "verify_ssl", "ca_certs", "client_cert", "client_key", "proxy", "keepalive", "max_conns")
	if err != nil {
		return nil, err
	}
	cfg.apply(env)
	return NewHTTP(*cfg)
}

// Send delivers one packet and waits for the outcome.
//   - It returns when the server has answered in full, when the transport's
//     timeout is over, or when ctx ends, whichever is first.
//   - A 2xx answer is a [Response]. Any other outcome is an error: an
//     *[APIError], a *[RateLimitedError], a *[NetworkError] that unwraps to
//     its cause, or [ErrClosed].
//   - Redirects are errors: a POST that is followed arrives as a GET, empty.
//   - The packet is only read, and not kept.
//   - After Close it returns [ErrClosed].
func (h *HTTP) Send(ctx context.Context, p *Packet) (*Response, error) {
	t, ok := h.account.accept()
	if !ok {
		return nil, ErrClosed
	}
	defer h.account.settle(t)
	ctx, cancel := context.WithTimeout(ctx, h.cfg.Timeout)
	defer cancel()
	defer context.AfterFunc(h.life, cancel)()

	body := h.compression.encode(p.Body)
	defer body.release()
	request, err := h.request(ctx, p, body)
	if err != nil {
		return nil, err
	}
	answer, err := h.client.Do(request)
	if err != nil {
		return nil, h.networkError(ctx, p, err, false)
	}
	defer answer.Body.Close()
	text, err := readReply(answer.Body)
	if err != nil {
		return nil, h.networkError(ctx, p, err, true)
	}
	return Answer(p, answer.StatusCode, answer.Header, text)
}

func (h *HTTP) request(ctx context.Context, p *Packet, body *encodedBody) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL, nil)
	if err != nil {
		return nil, &NetworkError{EventID: p.EventID, Host: hostOf(p.URL), Err: err}
	}
	r.Header = make(http.Header, len(p.Header)+2)
	for name, values := range p.Header {
		r.Header[name] = values
	}
	if h.compression.encoding != "" {
		r.Header["Content-Encoding"] = []string{h.compression.encoding}
	}
	// An empty list is not sent. It tells net/http that the request may be
	// repeated on a fresh connection when a kept one turns out to be dead
	// before any answer; the server knows an event that came twice by its id.
	r.Header["Idempotency-Key"] = nil
	body.attach(r)
	return r, nil
}

// readReply reads the start of the answer, and the rest for the sake of the
// connection, which can be used again only when nothing is left in it.
func readReply(body io.Reader) ([]byte, error) {
	const kept, drained = 16 << 10, 256 << 10
	text, err := io.ReadAll(io.LimitReader(body, kept))
	if err == nil && len(text) == kept {
		_, err = io.CopyN(io.Discard, body, drained)
		if err == io.EOF {
			err = nil
		}
	}
	return text, err
}

func (h *HTTP) networkError(ctx context.Context, p *Packet, err error, answered bool) error {
	var wrapper *url.Error
	if errors.As(err, &wrapper) {
		err = wrapper.Err // drops the URL, which NetworkError names already
	}
	if h.life.Err() != nil {
		err = closedBefore(p, err)
	} else if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		// What net/http says of a connection that it cut for the context's
		// sake depends on where the cut came.
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return &NetworkError{EventID: p.EventID, Host: hostOf(p.URL), Err: err, Sent: answered}
}

// closeGrace is how long Close waits, after its deadline, for what it has
// cancelled to return.
const closeGrace = 200 * time.Millisecond

// Close ends the transport.
//   - It waits for the sends under way until ctx ends, then cancels them, and
//     closes every connection. No goroutine of the transport's outlives it.
//   - It returns nil, or an *[UndeliveredError] that counts what it cancelled.
//   - It may be called again, and by several goroutines at a time: every call
//     waits for the same end, and those that cancelled nothing return nil.
func (h *HTTP) Close(ctx context.Context) error {
	h.account.close()
	err := h.account.flush(ctx)
	h.end(ErrClosed)
	var undelivered *UndeliveredError
	if errors.As(err, &undelivered) {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeGrace)
		defer cancel()
		stuck := &UndeliveredError{}
		errors.As(h.account.flush(grace), &stuck)
		undelivered.Stuck = stuck.Pending
		undelivered.Abandoned, undelivered.Pending = undelivered.Pending-stuck.Pending, 0
	}
	if h.own != nil {
		h.own.CloseIdleConnections()
	}
	h.conns.closeAll()
	return err
}
