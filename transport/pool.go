package transport

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"time"
)

// DefaultPoolSize is how many packets a [Pool] has outstanding at most.
const DefaultPoolSize = 100

// PoolConfig configures [NewPool]. Its zero value is the default; the fields
// that a DSN can hold are named with their options.
type PoolConfig struct {
	// Size (pool_size, or maximum_outstanding_requests as the reference calls
	// it) is how many packets may be outstanding. 0 means 100.
	Size int
	// ShutdownTimeout (shutdown_timeout) is how long Close waits for what is
	// outstanding. 0 means 10 s.
	ShutdownTimeout time.Duration
	// Logger hears of callbacks that panic; nil means slog.Default.
	Logger *slog.Logger
}

// BindOptions names the options of pool+….
func (c *PoolConfig) BindOptions(o *OptionSet) {
	spec := OptionSpec{
		Name: "pool_size", Aliases: []string{"maximum_outstanding_requests"}, Default: fmt.Sprint(DefaultPoolSize),
		Allowed: "a whole number, at least 1", Help: "how many events may be outstanding before captures wait",
	}
	BindOption(o, spec, &c.Size, wholeNumber(1, math.MaxInt))
	o.rechecked(moreThanZero, negative(&c.Size))
	bindShutdown(o, &c.ShutdownTimeout)
}

// Pool gives every packet a goroutine of its own, and lets callers wait when
// too many are outstanding: pool+http and pool+https, the reference's gevent.
// Use [NewPool]; a Pool is safe for concurrent use.
type Pool struct {
	*async
	slots chan struct{}
}

var _ AsyncTransport = (*Pool)(nil)

// NewPool returns a transport that delivers through next, which it owns from
// now on. The error joins one *[OptionError] for each fault in the
// configuration.
func NewPool(next Transport, cfg PoolConfig) (*Pool, error) {
	if next == nil {
		return nil, errNoNext
	}
	if err := checkFields(&cfg); err != nil {
		return nil, err
	}
	if cfg.Size == 0 {
		cfg.Size = DefaultPoolSize
	}
	return &Pool{async: newAsync(next, cfg.ShutdownTimeout, cfg.Logger), slots: make(chan struct{}, cfg.Size)}, nil
}

func poolDriver() Driver {
	return Driver{
		Schemes: []string{"pool+http", "pool+https", "gevent+http", "gevent+https"},
		Name:    "pool", Engine: "net/http",
		Delivery: "in a goroutine for each event", Decodes: true,
		WhenFull: "the capture waits for one of pool_size to end, bounded by its context",
		Options:  OptionSpecs(new(HTTPConfig), new(PoolConfig)),
		Open: func(dsn *DSN, env Env) (Transport, error) {
			cfg := PoolConfig{Logger: env.logger()}
			next, err := openHTTP(dsn, env, new(HTTPConfig), &cfg)
			if err != nil {
				return nil, err
			}
			return NewPool(next, cfg)
		},
	}
}

// Send delivers one packet in the calling goroutine, without a slot.
func (t *Pool) Send(ctx context.Context, p *Packet) (*Response, error) { return t.direct(ctx, p) }

// SendAsync waits for a slot, bounded by ctx, and delivers in a goroutine. The
// slot is free again before done runs, so that a done which captures in turn
// can't starve itself.
func (t *Pool) SendAsync(ctx context.Context, p *Packet, done func(*Response, error)) {
	j, ok := t.accept(p, done)
	if !ok {
		return
	}
	if err := t.acquire(ctx); err != nil {
		t.finish(j, nil, err)
		return
	}
	t.crew.start(func() { t.deliver(j, func() { <-t.slots }) })
}

func (t *Pool) acquire(ctx context.Context) error {
	select {
	case t.slots <- struct{}{}: // although ctx may have ended
		return nil
	default:
	}
	select {
	case t.slots <- struct{}{}:
		return nil
	case <-t.closed:
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("%w: %d events are outstanding (pool_size): %w", ErrQueueFull, cap(t.slots), context.Cause(ctx))
	}
}

// Flush waits until every packet accepted before the call is settled.
func (t *Pool) Flush(ctx context.Context) error { return t.flush(ctx) }

// Close ends the transport, as [AsyncTransport] says.
func (t *Pool) Close(ctx context.Context) error { return t.close(ctx, closing{}) }
