package transport

import (
	"context"
	"log/slog"
	"time"
)

// LoopedConfig configures [NewLooped]. Its zero value is the default.
type LoopedConfig struct {
	// Loop is where callbacks run; nil delivers in the caller, always.
	Loop Loop
	// ShutdownTimeout (shutdown_timeout) is how long Close waits for what is
	// under way. 0 means 10 s.
	ShutdownTimeout time.Duration
	// Logger hears of callbacks that panic; nil means slog.Default.
	Logger *slog.Logger
}

// BindOptions names the options of loop+….
func (c *LoopedConfig) BindOptions(o *OptionSet) { bindShutdown(o, &c.ShutdownTimeout) }

// Looped delivers on behalf of an event loop, which runs all callbacks, one at
// a time: loop+http and loop+https, the reference's tornado. While the loop
// does not run, or without one, it delivers in the caller, who waits, and the
// callback runs there. Use [NewLooped]; a Looped is safe for concurrent use.
//
// Flush and Close wait for callbacks and so for the loop: called on the loop
// they wait in vain, until their context ends.
type Looped struct {
	*async
	loop Loop
}

var _ AsyncTransport = (*Looped)(nil)

// NewLooped returns a transport that delivers through next, which it owns from
// now on. The loop stays its owner's. The error is an *[OptionError].
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
	return Driver{
		Schemes: []string{"loop+http", "loop+https", "tornado+http", "tornado+https"},
		Name:    "loop", Engine: "net/http",
		Delivery: "in the background, with callbacks on the program's own loop (Env.Loop); in the caller while no loop runs", Decodes: true,
		WhenFull: "never: there is no bound",
		Options:  OptionSpecs(new(HTTPConfig), new(LoopedConfig)),
		Open: func(dsn *DSN, env Env) (Transport, error) {
			cfg := LoopedConfig{Loop: env.Loop, Logger: env.logger()}
			next, err := openHTTP(dsn, env, new(HTTPConfig), &cfg)
			if err != nil {
				return nil, err
			}
			return NewLooped(next, cfg)
		},
	}
}

// Send delivers one packet in the calling goroutine, which must not be the
// loop's if the loop has to go on meanwhile.
func (t *Looped) Send(ctx context.Context, p *Packet) (*Response, error) { return t.direct(ctx, p) }

// SendAsync has the loop start the delivery, or, while no loop runs, delivers
// before it returns, bounded by ctx.
func (t *Looped) SendAsync(ctx context.Context, p *Packet, done func(*Response, error)) {
	j, ok := t.accept(p, done)
	if !ok {
		return
	}
	if t.loop == nil || !t.loop.Post(func() { t.crew.start(func() { t.background(j) }) }) {
		t.inCaller(ctx, j)
	}
}

// background leaves the callback to the loop. A loop that has ended meanwhile
// runs nothing any more, but the callback is owed all the same.
func (t *Looped) background(j job) {
	r, err := (*Response)(nil), errNoReturn
	defer func() { // also when the goroutine is ended
		if !t.loop.Post(func() { t.finish(j, r, err) }) {
			t.finish(j, r, err)
		}
	}()
	r, err = t.send(t.life, j.packet)
}

// inCaller delivers as a blocking transport does. A context that has ended
// bounds nothing: the packet would have no chance at all.
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

// Flush waits until every packet accepted before the call is settled.
func (t *Looped) Flush(ctx context.Context) error { return t.flush(ctx) }

// Close ends the transport, as [AsyncTransport] says.
func (t *Looped) Close(ctx context.Context) error { return t.close(ctx, closing{}) }
