package reactortransport

import (
	"errors"
	"net/url"

	"github.com/ravenkit/ravenkit/transport"
)

func init() { transport.Register(Driver()) }

// Driver returns what importing the package registers, for registries of one's
// own.
func Driver() transport.Driver {
	return transport.Driver{
		Schemes: []string{"reactor+http", "reactor+https", "twisted+http", "twisted+https"},
		Name:    "reactor", Engine: "reactor over net/http",
		Delivery: "in the background, by one reactor that runs all callbacks, one at a time",
		WhenFull: "as overflow says; by default the newest event is dropped",
		Options:  transport.OptionSpecs(new(Config)),
		Open:     open,
	}
}

func open(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
	cfg := Config{Logger: env.Logger}
	if err := transport.DecodeOptions(dsn.Options, &cfg); err != nil {
		return nil, err
	}
	if env.HTTPClient != nil {
		if err := contradicts(dsn); err != nil {
			return nil, err
		}
	}
	cfg.Apply(env)
	r, err := New(cfg)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// contradicts names the options that an Env's own client would make useless.
func contradicts(dsn *transport.DSN) error {
	var faults []error
	for _, name := range []string{"verify_ssl", "ca_certs", "client_cert", "client_key", "proxy", "keepalive", "max_conns"} {
		value := dsn.Option(name)
		if value == "" {
			continue
		}
		if u, err := url.Parse(value); err == nil {
			value = u.Redacted() // a proxy's may hold a password
		}
		faults = append(faults, &transport.OptionError{
			Option: name, Value: value, Err: errDecided,
			Allowed: "no such option beside Env.HTTPClient, whose own Transport decides",
		})
	}
	return errors.Join(faults...)
}

var errDecided = errors.New("not allowed")
