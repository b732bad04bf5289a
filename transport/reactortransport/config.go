package reactortransport

import (
	"context"
	"errors"

	"github.com/ravenkit/ravenkit/transport"
)

// Config configures [New]. Its zero value is the default; the fields that a DSN
// can hold are named with their options.
type Config struct {
	// HTTPConfig holds what every transport has.
	transport.HTTPConfig
	// ThreadedConfig holds what every queued transport has. Workers (workers)
	// is how many packets may be in flight; MaxConns bounds it too.
	// SerialCallbacks is always true.
	transport.ThreadedConfig
}

// BindOptions names the options of reactor+….
func (c *Config) BindOptions(o *transport.OptionSet) {
	c.HTTPConfig.BindOptions(o)
	c.ThreadedConfig.BindOptions(o)
}

// New returns a transport for a configuration: a queue and workers, as
// [transport.NewThreaded] has them, over net/http, with all callbacks on one
// goroutine. The error joins one *[transport.OptionError] for each fault.
// Nothing is dialled, and no goroutine runs, before the first packet.
func New(cfg Config) (*transport.Threaded, error) {
	if cfg.HTTPConfig.Logger == nil {
		cfg.HTTPConfig.Logger = cfg.ThreadedConfig.Logger
	}
	next, err := transport.NewHTTP(cfg.HTTPConfig)
	if err != nil {
		return nil, errors.Join(err, cfg.ThreadedConfig.Check())
	}
	t, err := newOver(next, cfg)
	if err != nil {
		return nil, errors.Join(err, next.Close(context.Background())) // nothing is under way
	}
	return t, nil
}

func newOver(next transport.Transport, cfg Config) (*transport.Threaded, error) {
	c := cfg.ThreadedConfig
	c.SerialCallbacks = true
	if cfg.MaxConns > 0 && c.Workers > cfg.MaxConns {
		c.Workers = cfg.MaxConns
	}
	return transport.NewThreaded(next, c)
}
