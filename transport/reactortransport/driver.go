package reactortransport

import "github.com/ravenkit/ravenkit/transport"

func init() { transport.Register(Driver()) }

// Driver returns the driver that importing the package registers, for other
// registries.
func Driver() transport.Driver {
	return transport.Driver{
		Schemes: []string{"reactor+http", "reactor+https", "twisted+http", "twisted+https"},
		Name:    "reactor", Engine: "reactor over net/http",
		Delivery: "in the background, by workers with a queue; all callbacks run on one goroutine",
		WhenFull: "overflow decides; by default the newest event is dropped",
		Decodes:  true,
		Options:  transport.OptionSpecs(new(Config)),
		Open:     open,
	}
}

func open(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
	cfg := Config{ThreadedConfig: transport.ThreadedConfig{Logger: env.Logger, Spool: transport.SpoolConfig{DSN: dsn}}}
	if err := cfg.Decode(dsn, env, &cfg.ThreadedConfig); err != nil {
		return nil, err
	}
	return New(cfg)
}
