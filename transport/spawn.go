package transport

import (
	"context"
	"log/slog"
	"time"
)

// SpawnConfig configures [NewSpawn]. Its zero value is the default.
type SpawnConfig struct {
	// ShutdownTimeout (shutdown_timeout) is how long Close waits for running
	// deliveries. 0 means 10 s.
	ShutdownTimeout time.Duration
	// Logger logs callbacks that panic; nil means slog.Default.
	Logger *slog.Logger
}

// BindOptions binds the options of spawn+….
func (c *SpawnConfig) BindOptions(o *OptionSet) { bindShutdown(o, &c.ShutdownTimeout) }

// Spawn delivers each packet in a goroutine of its own, without a limit:
// spawn+http and spawn+https, as eventlet of Raven for Python. No caller waits
// and no packet is refused for lack of room; the number of goroutines depends
// only on the server's speed. Only the callback receives errors. Use
// [NewSpawn]; a Spawn is safe for concurrent use.
type Spawn struct{ *async }

var _ AsyncTransport = (*Spawn)(nil)

// NewSpawn returns a transport that delivers through next and owns it. The
// error is an *[OptionError].
func NewSpawn(next Transport, cfg SpawnConfig) (*Spawn, error) {
	if next == nil {
		return nil, errNoNext
	}
	if err := checkFields(&cfg); err != nil {
		return nil, err
	}
	return &Spawn{newAsync(next, cfg.ShutdownTimeout, cfg.Logger)}, nil
}

func spawnDriver() Driver {
	return overHTTP(Driver{
		Schemes:  []string{"spawn+http", "spawn+https", "eventlet+http", "eventlet+https"},
		Name:     "spawn",
		Delivery: "in one goroutine per event, fire and forget",
		WhenFull: "never: the number is not limited",
	}, func(_ *DSN, env Env) SpawnConfig { return SpawnConfig{Logger: env.Logger} }, NewSpawn)
}

// SendAsync delivers in a goroutine. It never waits, so it ignores ctx.
func (t *Spawn) SendAsync(_ context.Context, p *Packet, done func(*Response, error)) {
	if j, ok := t.accept(p, done); ok {
		t.crew.start(func() { t.deliver(j, nil) })
	}
}
