package transport

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math"
	"time"
)

// DefaultPoolSize is the maximum of a [Pool]'s outstanding packets.
const DefaultPoolSize = 100

// PoolConfig configures [NewPool]. The zero value is the default. Fields with
// an option in a DSN name it.
type PoolConfig struct {
	// Size (pool_size, or maximum_outstanding_requests as in Raven for Python)
	// is how many packets may be outstanding. 0 means 100.
	Size int
	// ShutdownTimeout (shutdown_timeout) is how long Close waits for
	// outstanding packets. 0 means 10 s.
	ShutdownTimeout time.Duration
	// Logger logs callbacks that panic; nil means slog.Default.
	Logger *slog.Logger
}

// BindOptions binds the options of pool+….
func (c *PoolConfig) BindOptions(o *OptionSet) {
	o.Int("pool_size", &c.Size, DefaultPoolSize, 1, math.MaxInt, "how many events may be outstanding before captures wait", "maximum_outstanding_requests")
	bindShutdown(o, &c.ShutdownTimeout)
}

// Pool delivers each packet in a goroutine of its own, and makes callers wait
// when too many packets are outstanding: pool+http and pool+https, as gevent of
// Raven for Python. Send takes no slot. Use [NewPool]; a Pool is safe for
// concurrent use.
type Pool struct {
	*async
	slots chan struct{}
}

var _ AsyncTransport = (*Pool)(nil)

// NewPool returns a transport that delivers through next and owns it. The error
// joins one *[OptionError] for each fault in the configuration.
func NewPool(next Transport, cfg PoolConfig) (*Pool, error) {
	if next == nil {
		return nil, errNoNext
	}
	if err := checkFields(&cfg); err != nil {
		return nil, err
	}
	slots := make(chan struct{}, cmp.Or(cfg.Size, DefaultPoolSize))
	return &Pool{newAsync(next, cfg.ShutdownTimeout, cfg.Logger), slots}, nil
}

func poolDriver() Driver {
	return overHTTP(Driver{
		Schemes:  []string{"pool+http", "pool+https", "gevent+http", "gevent+https"},
		Name:     "pool",
		Delivery: "in one goroutine per event",
		WhenFull: "the capture waits until one of pool_size ends, or its context does",
	}, func(_ *DSN, env Env) PoolConfig { return PoolConfig{Logger: env.Logger} }, NewPool)
}

// SendAsync waits for a slot until ctx ends, and delivers in a goroutine. The
// slot is free again before done runs, so that a done which captures does not
// wait for its own slot.
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
	case t.slots <- struct{}{}: // a free slot counts even if ctx has ended
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
