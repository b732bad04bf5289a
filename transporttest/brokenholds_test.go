package transporttest_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

// fault says how a transport that holds is broken. Its fields may be nil.
type fault struct {
	// tune changes the configuration.
	tune func(cfg *transport.ThreadedConfig)
	// attempt replaces an attempt at a packet of SendAsync. queue is the
	// packet's queue.
	attempt func(queue transport.Holder, next sendFunc) sendFunc
	// direct makes Send bypass everything, including the state of the queue.
	direct bool
	// wrap breaks the transport for its callers.
	wrap func(t *testing.T, tr transport.Holder) transport.Holder
}

// heldWith breaks a queue over sync+…. Send is correct.
func heldWith(make func() fault) func(*testing.T) transport.OpenFunc {
	return func(t *testing.T) transport.OpenFunc {
		return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
			f := make()
			cfg := transport.ThreadedConfig{Logger: env.Logger}
			var http transport.HTTPConfig
			if err := transport.DecodeOptions(dsn.Options, &http, &cfg); err != nil {
				return nil, err
			}
			http.Apply(env)
			next, err := transport.NewHTTP(http)
			if err != nil {
				return nil, err
			}
			if f.tune != nil {
				f.tune(&cfg)
			}
			below := &lower{Transport: next, attempt: next.Send}
			queue, err := transport.NewThreaded(below, cfg)
			if err != nil {
				return nil, err
			}
			if f.attempt != nil {
				below.attempt = f.attempt(queue, next.Send)
			}
			var tr transport.Holder = upper{queue, queue.Send}
			if f.direct {
				tr = upper{queue, next.Send}
			}
			if f.wrap != nil {
				tr = f.wrap(t, tr)
			}
			return tr, nil
		}
	}
}

type lower struct {
	transport.Transport
	attempt sendFunc
}

func (l *lower) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	if ctx.Value(sentDirectly{}) != nil {
		return l.Transport.Send(ctx, p)
	}
	return l.attempt(ctx, p)
}

// sentDirectly is the key in the contexts of Send.
type sentDirectly struct{}

// upper is the queue. It marks the packets of Send, and restores disguised
// errors.
type upper struct {
	transport.Holder
	send sendFunc
}

func (u upper) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	return u.send(context.WithValue(ctx, sentDirectly{}, true), p)
}

func (u upper) SendAsync(ctx context.Context, p *transport.Packet, done func(*transport.Response, error)) {
	u.Holder.SendAsync(ctx, p, func(r *transport.Response, err error) {
		if d, ok := is[*disguised](err); ok && !errors.Is(err, transport.ErrClosed) && !errors.Is(err, transport.ErrQueueFull) {
			err = d.real
		}
		if done != nil {
			done(r, err)
		}
	})
}

// disguised is an error that the queue sees as another one.
type disguised struct{ real, as error }

func (d *disguised) Error() string { return d.real.Error() }
func (d *disguised) Unwrap() error { return d.as }

// errAnything is an error of no transport: the queue only knows that the packet
// is lost.
var errAnything = errors.New("anything")

// takes changes the errors that the queue sees; if change returns nil, the
// error is unchanged. n counts the attempts at the packet.
func takes(change func(n int, err error) error) func(*testing.T) transport.OpenFunc {
	return heldWith(func() fault {
		var count counter
		return fault{attempt: func(_ transport.Holder, next sendFunc) sendFunc {
			return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
				n := count.add(p.EventID)
				r, err := next(ctx, p)
				if err == nil {
					return r, nil
				}
				if as := change(n, err); as != nil {
					return nil, &disguised{err, as}
				}
				return nil, err
			}
		}}
	})
}

// counter counts by name.
type counter struct {
	mu sync.Mutex
	of map[string]int
}

func (c *counter) add(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = make(map[string]int)
	}
	c.of[name]++
	return c.of[name]
}

func (c *counter) get(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[name]
}

func hasStatus(err error, status int) bool {
	api, ok := is[*transport.APIError](err)
	return ok && api.Status == status
}

// asksToWait reports whether an answer has a Retry-After.
func asksToWait(err error) bool {
	api, ok := is[*transport.APIError](err)
	return ok && api.RetryAfter > 0
}

// waitExactly makes a queue wait without a pause.
func waitExactly(d time.Duration) error {
	return &transport.RateLimitedError{Held: true, RetryAfter: d}
}

// nobodyThere is the error of a server that is down.
var nobodyThere = &transport.NetworkError{Host: "h", Err: &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

var brokenHolds = []broken{
	{
		what: "treats 502 as final", cases: "HoldOrder HoldRepeats",
		open: takes(func(_ int, err error) error {
			if hasStatus(err, 502) {
				return errAnything
			}
			return nil
		}),
	},
	{
		what: "treats time-outs as final", cases: "HoldCloseWaits HoldRepeats OnceTimedOut",
		open: takes(func(_ int, err error) error {
			if deadline(nil, err) {
				return errAnything
			}
			return nil
		}),
	},
	{
		what: "treats invalid certificates as final", cases: "HoldHandshake OnceUntrusted",
		open: takes(func(_ int, err error) error {
			if says("x509")(nil, err) {
				return errAnything
			}
			return nil
		}),
	},
	{
		what: "treats 500 like 503", cases: "HoldInternal",
		open: takes(func(_ int, err error) error {
			if hasStatus(err, 500) && !asksToWait(err) {
				return &transport.APIError{Status: 503}
			}
			return nil
		}),
	},
	{
		what: "does not spread its waits", cases: "HoldCloseWaits HoldFlush HoldHalves HoldPoison HoldReports HoldWaits PauseAfterTwo PauseProbes",
		open: takes(func(n int, err error) error {
			if hasStatus(err, 503) && !asksToWait(err) {
				return waitExactly(time.Duration(n*n) * time.Second)
			}
			return nil
		}),
	},
	{
		what: "is a second late after a Retry-After", cases: "HoldFlush HoldRetryAfter HoldSentAt PauseAfterRetryAfter",
		open: takes(func(_ int, err error) error {
			if asksToWait(err) {
				api, _ := is[*transport.APIError](err)
				return &transport.APIError{Status: api.Status, RetryAfter: api.RetryAfter + time.Second}
			}
			return nil
		}),
	},
	{
		what: "does not pause after 404", cases: "HoldRefusals",
		open: takes(func(_ int, err error) error {
			if hasStatus(err, 404) {
				return errAnything
			}
			return nil
		}),
	},
	{
		what: "pauses for an event that is too large", cases: "HoldRefusals",
		open: takes(func(_ int, err error) error {
			if hasStatus(err, 413) {
				return &transport.APIError{Status: 403}
			}
			return nil
		}),
	},
	{
		what: "treats client reports as errors", cases: "HoldReports",
		open: gives(func(_ *testing.T, next giveFunc) giveFunc {
			return func(ctx context.Context, p *transport.Packet, done callback) {
				c := *p
				if c.Category == transport.CategoryInternal {
					c.Category = "error"
				}
				next(ctx, &c, done)
			}
		}),
	},
	{what: "keeps poison", cases: "HoldPoison", open: heldWith(keepsPoison)},
	{
		what: "gives up after ten failures in any time", cases: "HoldHour",
		open: takes(func(n int, _ error) error {
			if n >= 10 {
				return errAnything
			}
			return nil
		}),
	},
	{what: "sends late packets without the new time", cases: "HoldSentAt", open: heldWith(sendsOldTimes)},
	{what: "calls back twice for packets that were tried again", cases: "HoldCloseWaits OnceHeld OnceReset", open: heldWith(repeatsTried)},
	{
		what: "does not shorten pauses for Flush", cases: "HoldFlush",
		open: async(func(_ *testing.T, tr transport.Holder) transport.Holder {
			return brokenFlush{tr, func(ctx context.Context) error {
				for ctx.Err() == nil && tr.HoldState().Waiting > 0 {
					sleep(ctx, 10*time.Millisecond)
				}
				return tr.Flush(ctx)
			}}
		}),
	},
	{
		what: "closes without a last probe", cases: "HoldCloseProbes HoldCloseWaits OnceUntrusted",
		open: async(func(_ *testing.T, tr transport.Holder) transport.Holder {
			return brokenCloseAsync{tr, func(ctx context.Context) error {
				if tr.HoldState().Paused {
					ctx = ended(ctx)
				}
				return tr.Close(ctx)
			}}
		}),
	},
	{what: "gives up at Close if the server asks to wait", cases: "HoldCloseProbes HoldCloseWaits", open: heldWith(closesOnFailure)},
	{
		what: "cancels running sends at Close if a packet waits", cases: "CloseDrains HoldCloseDrains HoldCloseProbes",
		open: async(func(_ *testing.T, tr transport.Holder) transport.Holder {
			return brokenCloseAsync{tr, func(ctx context.Context) error {
				if s := tr.HoldState(); s.Waiting > 0 && !s.Paused {
					ctx = ended(ctx)
				}
				return tr.Close(ctx)
			}}
		}),
	},
}

// keepsPoison hides the failures of a packet after the fourth.
func keepsPoison() fault {
	var failures, successes counter
	return fault{attempt: func(_ transport.Holder, next sendFunc) sendFunc {
		return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
			r, err := next(ctx, p)
			if err == nil {
				successes.add("")
				return r, nil
			}
			if failures.add(p.EventID) > 4 && successes.get("") > 0 {
				return nil, &disguised{err, waitExactly(16 * time.Second)}
			}
			return nil, err
		}
	}}
}

func sendsOldTimes() fault {
	var mu sync.Mutex
	first := make(map[string]*transport.Packet)
	return fault{attempt: func(_ transport.Holder, next sendFunc) sendFunc {
		return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
			mu.Lock()
			if first[p.EventID] == nil {
				c := *p
				first[p.EventID] = &c
			}
			p = first[p.EventID]
			mu.Unlock()
			return next(ctx, p)
		}
	}}
}

func repeatsTried() fault {
	var tried counter
	return fault{
		attempt: func(_ transport.Holder, next sendFunc) sendFunc {
			return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
				tried.add(p.EventID)
				return next(ctx, p)
			}
		},
		wrap: func(_ *testing.T, tr transport.Holder) transport.Holder {
			return brokenGive{tr, func(ctx context.Context, p *transport.Packet, done callback) {
				if done == nil {
					tr.SendAsync(ctx, p, nil)
					return
				}
				tr.SendAsync(ctx, p, func(r *transport.Response, err error) {
					done(r, err)
					if tried.get(p.EventID) > 1 && err == nil {
						done(r, err)
					}
				})
			}}
		},
	}
}

func closesOnFailure() fault {
	closing, begin := context.WithCancel(context.Background())
	return fault{
		attempt: func(_ transport.Holder, next sendFunc) sendFunc {
			return func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
				r, err := next(ctx, p)
				if closing.Err() != nil && transport.Retryable(err) {
					return nil, &disguised{err, nobodyThere}
				}
				return r, err
			}
		},
		wrap: func(_ *testing.T, tr transport.Holder) transport.Holder {
			return brokenCloseAsync{tr, func(ctx context.Context) error {
				begin()
				return tr.Close(ctx)
			}}
		},
	}
}
