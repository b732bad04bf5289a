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
	return restyDriver(client, schemes, transport.Driver{
		Schemes: []string{"resty+http", "resty+https", "requests+http", "requests+https"},
		Name:    "resty", Blocking: true,
		Delivery: "in the caller, which waits for the answer",
		Options:  transport.OptionSpecs(new(transport.HTTPConfig)),
		Open: func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
			return open(client, dsn, env)
		},
	})
}

// NewThreadedDriver is [NewDriver] for transports that deliver through a queue.
func NewThreadedDriver(client *resty.Client, schemes ...string) transport.Driver {
	return restyDriver(client, schemes, transport.Driver{
		Schemes:  []string{"threaded+resty+http", "threaded+resty+https", "threaded+requests+http", "threaded+requests+https"},
		Name:     "threaded+resty",
		Delivery: "in the background, by workers with a queue",
		WhenFull: "overflow decides; by default the newest event is dropped",
		Options:  transport.OptionSpecs(new(transport.HTTPConfig), new(transport.ThreadedConfig)),
		Open: func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
			cfg := transport.ThreadedConfig{Logger: env.Logger, Spool: transport.SpoolConfig{DSN: dsn}}
			next, err := open(client, dsn, env, &cfg)
			if err != nil {
				return nil, err
			}
			return transport.NewThreaded(next, cfg)
		},
	})
}

// restyDriver completes a driver; it keeps its schemes if there are no others.
func restyDriver(client *resty.Client, schemes []string, d transport.Driver) transport.Driver {
	d.Engine, d.Decodes = "resty", true
	if len(schemes) > 0 {
		d.Schemes = schemes
	}
	if client != nil {
		keepRedirectsFrom(client)
	}
	return d
}

func open(client *resty.Client, dsn *transport.DSN, env transport.Env, others ...transport.OptionBinder) (*transport.HTTP, error) {
	cfg := Config{Client: client, Logger: env.Logger}
	if client != nil {
		env.HTTPClient = nil // client sends the requests
	}
	if err := cfg.Decode(dsn, env, others...); err != nil {
		return nil, err
	}
	if client != nil {
		if err := transport.RefuseConnectionOptions(dsn, "the driver's client"); err != nil {
			return nil, err
		}
	}
	return New(cfg)
}

var errTwoEngines = errors.New("restytransport: Config.Engine must be nil: resty sends the requests")
