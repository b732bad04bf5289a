package restytransport

import (
	"cmp"
	"log/slog"

	"github.com/go-resty/resty/v2"

	"github.com/ravenkit/ravenkit/transport"
)

func init() {
	transport.Register(NewDriver(nil))
	transport.Register(NewThreadedDriver(nil))
}

// Config configures [New]. The zero value is the default.
type Config struct {
	// HTTPConfig has the options of every transport. Its Engine must be nil,
	// because resty sends the requests. If its Client is not nil, resty uses
	// it.
	transport.HTTPConfig
	// Client is a client of the program, in place of the transport's own. The
	// package comment says which of its settings apply. Of HTTPConfig, only
	// Timeout and Compression apply to it.
	Client *resty.Client
	// Logger receives resty's log; nil means slog.Default. A Client keeps its
	// own logger.
	Logger *slog.Logger
}

// New returns a transport that delivers in its caller. [transport.NewThreaded]
// adds a queue. The error joins one *[transport.OptionError] for each fault.
// New does not dial.
func New(cfg Config) (*transport.HTTP, error) {
	if cfg.Engine != nil {
		return nil, errTwoEngines
	}
	engine, err := newEngine(cfg)
	if err != nil {
		return nil, err
	}
	cfg.Engine = engine
	cfg.HTTPConfig.Logger = cmp.Or(cfg.Logger, cfg.HTTPConfig.Logger)
	t, err := transport.NewHTTP(cfg.HTTPConfig)
	if err != nil {
		engine.Close()
		return nil, err
	}
	return t, nil
}
