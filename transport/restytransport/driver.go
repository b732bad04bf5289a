package restytransport

import (
	"errors"

	"github.com/go-resty/resty/v2"

	"github.com/ravenkit/ravenkit/transport"
)

// NewDriver returns a driver whose transports deliver in their caller, through
// client; with nil, each has a client of its own. If schemes are not given, the
// driver has those that importing the package registers.
func NewDriver(client *resty.Client, schemes ...string) transport.Driver {
	if len(schemes) == 0 {
		schemes = []string{"resty+http", "resty+https", "requests+http", "requests+https"}
	}
	if client != nil {
		keepRedirectsFrom(client)
	}
	return transport.Driver{
		Schemes: schemes,
		Name:    "resty", Engine: "resty", Blocking: true,
		Delivery: "in the caller, which waits for the answer",
		Decodes:  true,
		Options:  transport.OptionSpecs(new(transport.HTTPConfig)),
		Open: func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
			return open(client, dsn, env)
		},
	}
}

// NewThreadedDriver is [NewDriver] for transports that deliver through a queue.
func NewThreadedDriver(client *resty.Client, schemes ...string) transport.Driver {
	if len(schemes) == 0 {
		schemes = []string{"threaded+resty+http", "threaded+resty+https", "threaded+requests+http", "threaded+requests+https"}
	}
	if client != nil {
		keepRedirectsFrom(client)
	}
	return transport.Driver{
		Schemes: schemes,
		Name:    "threaded+resty", Engine: "resty",
		Delivery: "in the background, by workers with a queue",
		WhenFull: "overflow decides; by default the newest event is dropped",
		Decodes:  true,
		Options:  transport.OptionSpecs(new(transport.HTTPConfig), new(transport.ThreadedConfig)),
		Open: func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
			cfg := transport.ThreadedConfig{Logger: env.Logger}
			next, err := open(client, dsn, env, &cfg)
			if err != nil {
				return nil, err
			}
			return transport.NewThreaded(next, cfg)
		},
	}
}

func open(client *resty.Client, dsn *transport.DSN, env transport.Env, others ...transport.OptionBinder) (*transport.HTTP, error) {
	cfg := Config{Client: client, Logger: env.Logger}
	if err := transport.DecodeOptions(dsn.Options, append(others, &cfg)...); err != nil {
		return nil, err
	}
	switch {
	case client != nil:
		if err := transport.RefuseConnectionOptions(dsn, "the driver's client"); err != nil {
			return nil, err
		}
	case env.HTTPClient != nil:
		if err := transport.RefuseConnectionOptions(dsn, "Env.HTTPClient"); err != nil {
			return nil, err
		}
	}
	cfg.Apply(env)
	return New(cfg)
}

var errTwoEngines = errors.New("restytransport: Config.Engine must be nil: resty sends the requests")
