package transporttest_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/ravenkit/ravenkit/transport"
)

type sendFunc = func(ctx context.Context, p *transport.Packet) (*transport.Response, error)

// brokenSend is a blocking transport whose Send is broken.
type brokenSend struct {
	transport.Transport
	send sendFunc
}

func (b brokenSend) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	return b.send(ctx, p)
}

func sends(how func(t *testing.T, next sendFunc) sendFunc) func(*testing.T) transport.OpenFunc {
	return blocking(func(t *testing.T, tr transport.Transport) transport.Transport {
		return brokenSend{tr, how(t, tr.Send)}
	})
}

// outcomesAre breaks the results of Send.
func outcomesAre(change func(p *transport.Packet, r *transport.Response, err error) (*transport.Response, error)) func(*testing.T) transport.OpenFunc {
	return sends(func(_ *testing.T, next sendFunc) sendFunc {
		return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
			r, err := next(ctx, p)
			return change(p, r, err)
		}
	})
}

// packetsAre breaks the packets that are sent.
func packetsAre(change func(p *transport.Packet)) func(*testing.T) transport.OpenFunc {
	return sends(func(_ *testing.T, next sendFunc) sendFunc {
		return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
			c := *p
			c.Header, c.Body = p.Header.Clone(), bytes.Clone(p.Body)
			change(&c)
			return next(ctx, &c)
		}
	})
}

func is[E error](err error) (E, bool) {
	var target E
	return target, errors.As(err, &target)
}

var brokenDeliveries = []broken{
	{
		what: "does not return the server's answer", cases: "Delivers",
		open: outcomesAre(func(_ *transport.Packet, r *transport.Response, err error) (*transport.Response, error) {
			if r != nil {
				r.EventID = ""
			}
			return r, err
		}),
	},
	{
		what: "alters the body", cases: "BodyIntact",
		open: packetsAre(func(p *transport.Packet) { p.Body = bytes.TrimRight(p.Body, "\n") }),
	},
	{
		what: "joins headers", cases: "HeadersIntact",
		open: packetsAre(func(p *transport.Packet) {
			for name, values := range p.Header {
				p.Header[name] = []string{strings.Join(values, ", ")}
			}
		}),
	},
	{what: "modifies the packet", cases: "PacketUnchanged", open: sends(modifies)},
	{what: "keeps the packet", cases: "PacketNotKept", open: sends(keeps)},
	{
		what: "reports refusals as successes", cases: "HeldByCategory Refusals",
		open: outcomesAre(func(p *transport.Packet, r *transport.Response, err error) (*transport.Response, error) {
			if api, ok := is[*transport.APIError](err); ok && api.Status >= 400 {
				return &transport.Response{Status: 200, EventID: p.EventID}, nil
			}
			return r, err
		}),
	},
	{
		what: "reports 429 like any status", cases: "RateLimited",
		open: outcomesAre(func(p *transport.Packet, r *transport.Response, err error) (*transport.Response, error) {
			if limited, ok := is[*transport.RateLimitedError](err); ok && !limited.Held {
				return nil, &transport.APIError{Status: 429, Message: limited.Message, EventID: p.EventID}
			}
			return r, err
		}),
	},
	{what: "forgets limits", cases: "HeldAfter429 HeldByCategory", open: forgets},
	{what: "holds back every category for any limit", cases: "HeldByCategory", open: sends(overreacts)},
	{what: "applies one server's limit to another", cases: "LimitsApart", open: sharesLimits},
	{
		what: "returns time-outs as plain text", cases: "AnswerTimeout BodyTimeout ConnectTimeout ContextEnds HandshakeTimeout",
		open: outcomesAre(func(p *transport.Packet, r *transport.Response, err error) (*transport.Response, error) {
			if network, ok := is[*transport.NetworkError](err); ok && network.Timeout() {
				return nil, &transport.NetworkError{EventID: p.EventID, Host: network.Host, Err: errors.New("time-out")}
			}
			return r, err
		}),
	},
	{
		what: "ignores ctx", cases: "ContextEnds ContextHasEnded",
		open: sends(func(_ *testing.T, next sendFunc) sendFunc {
			return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
				return next(context.WithoutCancel(ctx), p)
			}
		}),
	},
	{
		what: "checks ctx only at the start", cases: "ContextEnds",
		open: sends(func(_ *testing.T, next sendFunc) sendFunc {
			return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
				if ctx.Err() == nil {
					ctx = context.WithoutCancel(ctx)
				}
				return next(ctx, p)
			}
		}),
	},
	{
		what: "repeats every failed request", cases: "BrokenConnection StaleConnection",
		open: sends(func(_ *testing.T, next sendFunc) sendFunc {
			return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
				r, err := next(ctx, p)
				if network, ok := is[*transport.NetworkError](err); ok && !network.Timeout() && transport.Retryable(err) && ctx.Err() == nil {
					return next(ctx, p)
				}
				return r, err
			}
		}),
	},
	{
		what: "drops packets when there are many", cases: "Concurrent",
		open: sends(func(_ *testing.T, next sendFunc) sendFunc {
			slots := make(chan struct{}, 16)
			return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
				select {
				case slots <- struct{}{}:
					defer func() { <-slots }()
					return next(ctx, p)
				default:
					return &transport.Response{Status: 200, EventID: p.EventID}, nil
				}
			}
		}),
	},
	{what: "accepts any certificate", cases: "CACerts EnvTLS TLSVerified", open: unsafe},
	{what: "changes Env.TLS", cases: "EnvTLS", open: changesEnv},
}

// modifies sends one packet at a time under a lock, so that the race detector
// does not find the change. The lock is a channel, because a bubble's clock
// stops while a goroutine waits for a mutex.
func modifies(_ *testing.T, next sendFunc) sendFunc {
	turn := make(chan struct{}, 1)
	return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
		turn <- struct{}{}
		defer func() { <-turn }()
		p.Header["Content-Encoding"] = nil
		return next(ctx, p)
	}
}

func keeps(_ *testing.T, next sendFunc) sendFunc {
	var mu sync.Mutex
	var kept []*transport.Packet
	return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
		mu.Lock()
		kept = append(kept, p)
		mu.Unlock()
		return next(ctx, p)
	}
}

// forgets sends packets that are held back through a transport without limits.
func forgets(*testing.T) transport.OpenFunc {
	return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
		tr, err := openSound("sync", dsn, env)
		if err != nil {
			return nil, err
		}
		return brokenSend{tr, func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
			r, err := tr.Send(ctx, p)
			if limited, ok := is[*transport.RateLimitedError](err); !ok || !limited.Held {
				return r, err
			}
			fresh, err := openSound("sync", dsn, env)
			if err != nil {
				return nil, err
			}
			defer fresh.Close(ctx)
			return fresh.Send(ctx, p)
		}}, nil
	}
}

func overreacts(_ *testing.T, next sendFunc) sendFunc {
	var mu sync.Mutex
	var limits transport.RateLimits
	return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
		mu.Lock()
		held := limits
		mu.Unlock()
		if held != nil {
			return nil, &transport.RateLimitedError{EventID: p.EventID, RetryAfter: 1, RateLimits: held, Held: true}
		}
		r, err := next(ctx, p)
		if r != nil && r.RateLimits != nil {
			mu.Lock()
			limits = r.RateLimits
			mu.Unlock()
		}
		return r, err
	}
}

// sharesLimits holds back one packet of the transport that is used after
// another one was told to wait for ten minutes, unless the other one is used
// again first.
func sharesLimits(*testing.T) transport.OpenFunc {
	var mu sync.Mutex
	var limited transport.Transport
	return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
		tr, err := openSound("sync", dsn, env)
		if err != nil {
			return nil, err
		}
		return brokenSend{tr, func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
			mu.Lock()
			other := limited
			limited = nil
			mu.Unlock()
			if other != nil && other != tr {
				return nil, &transport.RateLimitedError{EventID: p.EventID, RetryAfter: 1, Held: true}
			}
			r, err := tr.Send(ctx, p)
			if e, ok := is[*transport.RateLimitedError](err); ok && !e.Held && e.RetryAfter.Minutes() > 5 {
				mu.Lock()
				limited = tr
				mu.Unlock()
			}
			return r, err
		}}, nil
	}
}

func unsafe(*testing.T) transport.OpenFunc {
	return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
		// This breaks the transport.
		env.TLS = &tls.Config{InsecureSkipVerify: true}
		return openSound("sync", dsn, env)
	}
}

func changesEnv(*testing.T) transport.OpenFunc {
	return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
		tr, err := openSound("sync", dsn, env)
		if env.TLS != nil {
			env.TLS.InsecureSkipVerify = true
		}
		return tr, err
	}
}
