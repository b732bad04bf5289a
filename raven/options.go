package raven

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/gate"
	"github.com/ravenkit/ravenkit/raven/internal/jsonvalue"
	"github.com/ravenkit/ravenkit/raven/internal/program"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
	"github.com/ravenkit/ravenkit/transport"
)

// Option sets up a client; see [New]. The functions that make options say what
// they override.
type Option func(*config) error

// setting is an option that can't fail.
func setting(set func(*config)) Option {
	return func(cfg *config) error {
		set(cfg)
		return nil
	}
}

type config struct {
	transport   transport.Transport
	driver      *transport.Driver
	registry    *transport.Registry
	env         transport.Env
	release     string
	environment string
	serverName  string
	tags        Tags
	extra       Extra
	site        string
	log         *slog.Logger
	raise       func(*SendError)
	inApp       *stack.Rule
	breadcrumbs int

	ignored        []ErrorMatcher
	sentinels      map[error]bool
	defaultIgnores bool
	sampleRate     float64
	throttle       *gate.Throttle
	onOutcome      func(Outcome)
	ledger         int
	noReports      bool
	sourceLines    int
	sourceRate     int
	crashFile      *string // nil: no crash report

	rules               rules
	beforeSend          []namedFunc
	noDefaultProcessors bool
}

// What a client does unless told otherwise.
const (
	defaultBreadcrumbs = 100  // as in the reference
	defaultLedger      = 1000 // ids
	defaultSourceLines = 5    // on either side, as in the reference
	defaultSourceRate  = 10   // events of one place in a second
)

func defaults() config {
	hostname, _ := os.Hostname() // a client without a server_name is still of use
	return config{
		registry:    transport.DefaultRegistry(),
		release:     cmp.Or(os.Getenv("SENTRY_RELEASE"), program.Revision()),
		environment: cmp.Or(os.Getenv("SENTRY_ENVIRONMENT"), "production"),
		serverName:  cmp.Or(os.Getenv("SENTRY_NAME"), hostname),
		breadcrumbs: defaultBreadcrumbs,
		rules:       rules{tight: jsonvalue.Tight},

		defaultIgnores: true,
		sampleRate:     1,
		ledger:         defaultLedger,
		sourceLines:    defaultSourceLines,
		sourceRate:     defaultSourceRate,
	}
}

// check judges the DSN's scheme and options; nothing is opened.
func (cfg *config) check(dsn *transport.DSN) error {
	switch {
	case cfg.transport != nil:
		return cfg.registry.CheckOptions(dsn)
	case cfg.driver != nil:
		return cfg.registry.CheckDriver(*cfg.driver, dsn)
	case !cfg.registry.Supports(dsn.Scheme):
		_, err := cfg.registry.Open(dsn, cfg.env)
		return err
	}
	return cfg.registry.CheckOptions(dsn)
}

// open makes the client's transport: the one that was given, the given
// driver's, or the one that the DSN's scheme names.
func (cfg *config) open(dsn *transport.DSN) (transport.Transport, error) {
	env := cfg.env
	if env.Logger == nil {
		env.Logger = cfg.log
	}
	switch {
	case cfg.transport != nil:
		return cfg.transport, nil
	case cfg.driver != nil:
		return cfg.registry.OpenDriver(*cfg.driver, dsn, env)
	}
	return cfg.registry.Open(dsn, env)
}

// WithTransport sends events through t, whatever transport the DSN's scheme
// names; the options of a scheme that is known are checked all the same. The
// client owns t and closes it. Nil, also a nil pointer of t's type, is an
// error.
//
// A DSN is needed all the same, since it addresses the events; without one the
// client is disabled. For a transport that only records, any will do:
// https://key@host/1.
func WithTransport(t transport.Transport) Option {
	return func(cfg *config) error {
		if t == nil {
			return errors.New("raven: WithTransport: the transport is nil")
		}
		if guard.IsNilPointer(t) {
			return fmt.Errorf("raven: WithTransport: the transport is a nil %T", t)
		}
		if cfg.driver != nil {
			return errTwoTransports
		}
		cfg.transport = t
		return nil
	}
}

// WithDriver opens the transport with d, whatever transport the DSN's scheme
// names. A driver without Open is an error.
func WithDriver(d transport.Driver) Option {
	return func(cfg *config) error {
		if d.Open == nil {
			return errors.New("raven: WithDriver: the driver has no Open function")
		}
		if cfg.transport != nil {
			return errTwoTransports
		}
		cfg.driver = &d
		return nil
	}
}

var errTwoTransports = errors.New("raven: WithTransport and WithDriver exclude each other")

// WithRegistry looks the DSN's scheme up in r in place of
// [transport.DefaultRegistry]. Nil is an error.
func WithRegistry(r *transport.Registry) Option {
	return func(cfg *config) error {
		if r == nil {
			return errors.New("raven: WithRegistry: the registry is nil")
		}
		cfg.registry = r
		return nil
	}
}

// WithEnv gives the transport what a DSN can't hold: a dialer, a TLS
// configuration, an HTTP client. It has no effect beside [WithTransport].
func WithEnv(env transport.Env) Option {
	return setting(func(cfg *config) { cfg.env = env })
}

// WithRelease sets the version of the program. It overrides SENTRY_RELEASE and
// the revision that Go builds in. Empty: no release.
func WithRelease(release string) Option {
	return setting(func(cfg *config) { cfg.release = release })
}

// WithEnvironment overrides SENTRY_ENVIRONMENT and the default, "production".
// Empty: no environment.
func WithEnvironment(environment string) Option {
	return setting(func(cfg *config) { cfg.environment = environment })
}

// WithServerName overrides SENTRY_NAME and the default, the host's name.
// Empty: no name, for hosts whose names are nobody's business.
func WithServerName(name string) Option {
	return setting(func(cfg *config) { cfg.serverName = name })
}

// WithTags adds tags to every event. Given twice, they merge.
func WithTags(tags Tags) Option {
	tags = maps.Clone(tags)
	return setting(func(cfg *config) { cfg.tags = merged(cfg.tags, tags) })
}

// WithExtra adds data to every event. Given twice, it merges. Maps and slices
// are copied; what pointers lead to is encoded with each event, and must not be
// changed any more.
func WithExtra(extra Extra) Option {
	extra = copiedMap(extra)
	return setting(func(cfg *config) { cfg.extra = merged(cfg.extra, extra) })
}

// WithSite names the part of an installation that reports, as a tag "site" of
// every event that has none; see [Site].
func WithSite(site string) Option {
	return setting(func(cfg *config) { cfg.site = site })
}

// WithLogger logs lost events to l in place of [slog.Default]: the first of
// every burst at level error, with what to do about it, the others at level
// debug, and at the end of a burst, at level warn, how many they were. A burst
// ends with a delivered event: the next one if the server was not to be reached
// or turned events away, else, as with a full queue, the first one after ten
// seconds without a loss. [Client.Close] ends it too. An outage during which
// the transport holds events ([Client.State]) is logged in the same way, at its
// beginning and at its end, although nothing may be lost. The DSN's secret
// never appears in the records. A handler of l that panics costs the record.
//
// A handler may lead back to the client. The adapters for logging libraries
// skip the client's own records. What a handler of the program's own captures
// of them is sent, but if that is lost too it is not logged at level debug.
func WithLogger(l *slog.Logger) Option {
	return setting(func(cfg *config) { cfg.log = l })
}

// WithRaiseSendErrors makes every capture wait for its outcome, on any
// transport and bounded by the capture's ctx, and hands each failure to raise,
// on the capturing goroutine. It is the reference client's raise_send_errors:
// for tests and for programs that would rather know. Each capture is one
// attempt, made at once whatever [Client.State] says; only a rate limit holds
// it back. No failure is logged. What is dropped on purpose is no failure.
// raise may panic. Nil is an error.
func WithRaiseSendErrors(raise func(*SendError)) Option {
	return func(cfg *config) error {
		if raise == nil {
			return errors.New("raven: WithRaiseSendErrors: the function is nil")
		}
		cfg.raise = raise
		return nil
	}
}
