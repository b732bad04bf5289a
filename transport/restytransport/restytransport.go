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

// Config configures [New]. Its zero value is the default.
type Config struct {
	// HTTPConfig holds what every transport has. Its Engine must be nil: resty
	// is in its place. Its Client, if it is not nil, is what resty sends with.
	transport.HTTPConfig
	// Client is the program's own, in place of one of the transport's; see the
	// package's comment for what applies of it. Of HTTPConfig, only Timeout and
	// Compression are used beside it.
	Client *resty.Client
	// Logger hears what resty has to say; nil means slog.Default. A Client
	// keeps its own.
	Logger *slog.Logger
}

// New returns a transport that delivers in its caller. [transport.NewThreaded]
// puts a queue before it. The error joins one *[transport.OptionError] for each
// fault. Nothing is dialled before the first Send.
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
