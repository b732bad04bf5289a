package reactortransport

import (
	"context"
	"errors"

	"github.com/ravenkit/ravenkit/transport"
)

// Config configures [New]. The zero value is the default. Fields with an option
// in a DSN name it.
type Config struct {
	// HTTPConfig has the options of every transport.
	transport.HTTPConfig
	// ThreadedConfig has the options of queued transports. Workers (workers) is
	// how many packets may be in flight; MaxConns limits them, too.
	// SerialCallbacks is always true.
	transport.ThreadedConfig
}

// BindOptions binds the options of reactor+….
func (c *Config) BindOptions(o *transport.OptionSet) {
	c.HTTPConfig.BindOptions(o)
	c.ThreadedConfig.BindOptions(o)
}

// New returns a transport for a configuration: a queue and workers as in
// [transport.NewThreaded], over net/http, with all callbacks on one goroutine.
// The error joins one *[transport.OptionError] for each fault. New does not
// dial, and no goroutine runs before the first packet.
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
		// No packet was sent yet.
		return nil, errors.Join(err, next.Close(context.Background()))
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
