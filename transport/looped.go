package transport

import (
	"context"
	"log/slog"
	"time"
)

// LoopedConfig configures [NewLooped]. Its zero value is the default.
type LoopedConfig struct {
	// Loop runs the callbacks. Nil delivers every packet in the caller.
	Loop Loop
	// ShutdownTimeout (shutdown_timeout) is how long Close waits for running
	// deliveries. 0 means 10 s.
	ShutdownTimeout time.Duration
	// Logger logs callbacks that panic; nil means slog.Default.
	Logger *slog.Logger
}

// BindOptions binds the options of loop+….
func (c *LoopedConfig) BindOptions(o *OptionSet) { bindShutdown(o, &c.ShutdownTimeout) }

// Looped delivers in the background and runs all callbacks on an event loop,
// one at a time: loop+http and loop+https, as tornado of Raven for Python.
// Without a running loop, it delivers in the caller, which waits, and the
// callback runs there. Use [NewLooped]; a Looped is safe for concurrent use.
//
// Send blocks the loop if it is called there. Flush and Close wait for
// callbacks, and so for the loop: if they are called on the loop, they block
// until their context ends.
type Looped struct {
	*async
	loop Loop
}

var _ AsyncTransport = (*Looped)(nil)

// NewLooped returns a transport that delivers through next and owns it. The
// caller keeps owning the loop. The error is an *[OptionError].
func NewLooped(next Transport, cfg LoopedConfig) (*Looped, error) {
	if next == nil {
		return nil, errNoNext
	}
	if err := checkFields(&cfg); err != nil {
		return nil, err
	}
	return &Looped{newAsync(next, cfg.ShutdownTimeout, cfg.Logger), cfg.Loop}, nil
}

func loopedDriver() Driver {
	return overHTTP(Driver{
		Schemes:  []string{"loop+http", "loop+https", "tornado+http", "tornado+https"},
		Name:     "loop",
		Delivery: "in the background, with callbacks on the program's own loop (Env.Loop); in the caller while no loop runs",
		WhenFull: "never: the number is not limited",
	}, func(_ *DSN, env Env) LoopedConfig { return LoopedConfig{Loop: env.Loop, Logger: env.Logger} }, NewLooped)
}

// SendAsync starts the delivery on the loop. If no loop runs, it delivers
// before it returns, with ctx as the limit.
func (t *Looped) SendAsync(ctx context.Context, p *Packet, done func(*Response, error)) {
	j, ok := t.accept(p, done)
	if !ok {
		return
	}
	if t.loop == nil || !t.loop.Post(func() { t.crew.start(func() { t.background(j) }) }) {
		t.inCaller(ctx, j)
	}
}

// background posts the callback to the loop. If the loop has ended meanwhile,
// it runs the callback itself, because every packet gets its callback.
func (t *Looped) background(j job) {
	r, err := (*Response)(nil), errNoReturn
	defer func() { // also if the goroutine is ended by runtime.Goexit
		if !t.loop.Post(func() { t.finish(j, r, err) }) {
			t.finish(j, r, err)
		}
	}()
	r, err = t.send(t.life, j.packet)
}

// inCaller delivers as a blocking transport does. It ignores a context that has
// already ended, because the delivery could only fail.
func (t *Looped) inCaller(ctx context.Context, j job) {
	if ctx.Err() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := t.bound(ctx)
	defer cancel()
	r, err := (*Response)(nil), errNoReturn
	defer func() { t.finish(j, r, err) }()
	r, err = t.send(ctx, j.packet)
}
