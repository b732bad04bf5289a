package fasthttptransport

import (
	"cmp"
	"context"
	"errors"

	"github.com/ravenkit/ravenkit/transport"
)

func init() { transport.Register(Driver()) }

// New returns a transport for a configuration: a queue and workers as in
// [transport.NewThreaded], over fasthttp. The error joins one
// *[transport.OptionError] for each fault. New does not dial, and no goroutine
// runs while the queue is empty.
func New(cfg Config) (*transport.Threaded, error) {
	if cfg.Client != nil || cfg.Engine != nil {
		return nil, errTwoEngines
	}
	engine, err := newEngine(cfg.HTTPConfig)
	if err != nil {
		return nil, err
	}
	cfg.Engine = engine
	cfg.HTTPConfig.Logger = cmp.Or(cfg.Logger, cfg.HTTPConfig.Logger)
	next, err := transport.NewHTTP(cfg.HTTPConfig)
	if err != nil {
		engine.Close()
		return nil, err
	}
	t, err := transport.NewThreaded(next, cfg.threaded())
	if err != nil {
		return nil, errors.Join(err, next.Close(context.Background()))
	}
	return t, nil
}

// Driver returns the driver that importing the package registers, for other
// registries.
func Driver() transport.Driver {
	return transport.Driver{
		Schemes: []string{"fasthttp+http", "fasthttp+https", "aiohttp+http", "aiohttp+https"},
		Name:    "fasthttp", Engine: "fasthttp",
		Delivery: "in the background, by workers with a queue",
		WhenFull: "overflow decides; by default the oldest event is evicted",
		Decodes:  true,
		Options:  transport.OptionSpecs(new(Config)),
		Open:     open,
	}
}

func open(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
	cfg := Config{Logger: env.Logger, Spool: transport.SpoolConfig{DSN: dsn}}
	if err := transport.DecodeOptions(dsn.Options, &cfg); err != nil {
		return nil, err
	}
	cfg.DialContext, cfg.TLS = env.DialContext, env.TLS
	return New(cfg)
}
