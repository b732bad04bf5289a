package raven

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/gate"
	"github.com/ravenkit/ravenkit/raven/internal/jsonvalue"
	"github.com/ravenkit/ravenkit/raven/internal/mask"
	"github.com/ravenkit/ravenkit/raven/internal/program"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
	"github.com/ravenkit/ravenkit/transport"
)

// Option sets up a client; see [New].
type Option func(*config) error

// setting is an option that can't fail.
func setting(set func(*config)) Option {
	return func(cfg *config) error {
		set(cfg)
		return nil
	}
}

// valid is an option that fails if its argument is not valid.
func valid(ok bool, fault error, set func(*config)) Option {
	if !ok {
		return func(*config) error { return fault }
	}
	return setting(set)
}

// number is an option with a number that must not be negative.
func number(option string, n int, set func(*config)) Option {
	return valid(n >= 0, fmt.Errorf("raven: %s(%d): the number is negative", option, n), set)
}

// settings are what options say and a client uses as it is.
type settings struct {
	log         *slog.Logger // nil: the slog.Default of the moment
	raise       func(*SendError)
	inApp       *stack.Rule
	breadcrumbs int // how many are kept
	ignore      ignoreRule
	sentinels   map[error]bool
	sampleRate  float64
	throttle    *gate.Throttle // nil: none
	onOutcome   func(Outcome)
	sourceLines int // before and after a frame's line
	rules       rules
}

// config is what options say.
type config struct {
	settings
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
	ledger      int
	sourceRate  int
	noReports   bool
	crashFile   *string // nil: no crash report

	defaultIgnores      bool
	beforeSend          []namedFunc
	noDefaultProcessors bool
}

func defaults() config {
	hostname, _ := os.Hostname() // a client can do without
	return config{
		settings: settings{
			breadcrumbs: 100, // as in Raven for Python
			sampleRate:  1,
			sourceLines: 5, // as in Raven for Python
			rules:       rules{tight: jsonvalue.Tight},
		},
		registry:       transport.DefaultRegistry(),
		release:        cmp.Or(os.Getenv("SENTRY_RELEASE"), program.Revision()),
		environment:    cmp.Or(os.Getenv("SENTRY_ENVIRONMENT"), "production"),
		serverName:     cmp.Or(os.Getenv("SENTRY_NAME"), hostname),
		ledger:         1000,
		sourceRate:     10,
		defaultIgnores: true,
	}
}

// complete derives the settings that depend on more than one option.
func (cfg *config) complete() {
	r := &cfg.rules
	r.chain = slices.Concat(r.chain, cfg.beforeSend)
	r.mask = mask.New(r.keys, r.defaults || !cfg.noDefaultProcessors)
	cfg.ignore.all = cfg.ignore.matchers
	if cfg.defaultIgnores {
		cfg.ignore.all = append([]ErrorMatcher{defaultIgnores}, cfg.ignore.matchers...)
	}
}

// check checks the DSN's scheme and options without opening anything.
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

// open returns the given transport, or opens one with the given driver or by
// the DSN's scheme.
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

// WithTransport sends events through t instead of the transport that the DSN's
// scheme names. The options of a known scheme are checked all the same. The
// client owns t and closes it. Nil, also a nil pointer of t's type, is an
// error.
//
// The client still needs a DSN, because it addresses the events. For a
// transport that only records, any DSN will do: https://key@host/1.
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

// WithDriver opens the transport with d instead of the driver of the DSN's
// scheme. A driver without Open is an error.
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

// WithRegistry looks up the DSN's scheme in r instead of
// [transport.DefaultRegistry]. Nil is an error.
func WithRegistry(r *transport.Registry) Option {
	return valid(r != nil, errors.New("raven: WithRegistry: the registry is nil"), func(cfg *config) { cfg.registry = r })
}

// WithEnv gives the transport what a DSN can't hold: a dialer, a TLS
// configuration, an HTTP client. It has no effect with [WithTransport].
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

// WithServerName overrides SENTRY_NAME and the default, the host's name. Empty:
// no name.
func WithServerName(name string) Option {
	return setting(func(cfg *config) { cfg.serverName = name })
}

// WithTags adds tags to every event. Given twice, they merge.
func WithTags(tags Tags) Option {
	tags = maps.Clone(tags)
	return setting(func(cfg *config) { cfg.tags = merged(cfg.tags, tags) })
}

// WithExtra adds data to every event. Given twice, it merges. Maps and slices
// are copied. Values behind pointers are encoded with each event and must not
// change.
func WithExtra(extra Extra) Option {
	extra = copiedMap(extra)
	return setting(func(cfg *config) { cfg.extra = merged(cfg.extra, extra) })
}

// WithSite sets the tag "site" of every event that has none; see [Site].
func WithSite(site string) Option {
	return setting(func(cfg *config) { cfg.site = site })
}

// WithLogger logs lost events to l instead of [slog.Default]: the first loss of
// a burst at level error, with advice, the others at level debug, and the
// number of losses at the end of the burst at level warn. If the server could
// not be reached, or refused events for a reason that is not the event itself,
// the next delivered event ends the burst. In other cases, such as a full
// queue, it ends with the first delivery after ten seconds without a loss.
// [Client.Close] ends it too. The beginning and the end
// of an outage during which the transport holds events ([Client.State]) are
// logged likewise, even if nothing is lost. The records never contain the DSN's
// secret. If a handler of l panics, only the record is lost.
//
// A handler may lead back to the client. The adapters for logging libraries
// skip the client's own records. If another handler captures such a record,
// the event is sent; its loss is not logged at level debug.
func WithLogger(l *slog.Logger) Option {
	return setting(func(cfg *config) { cfg.log = l })
}

// WithRaiseSendErrors makes every capture wait for its outcome, on any
// transport, bounded by the capture's ctx. Failures are passed to raise on the
// capturing goroutine instead of being logged; raise may panic. It is
// raise_send_errors of Raven for Python, for tests and for programs that must
// know. Each capture makes one attempt at once, regardless of [Client.State];
// only a rate limit prevents it. Events dropped on purpose are not failures.
// Nil is an error.
func WithRaiseSendErrors(raise func(*SendError)) Option {
	return valid(raise != nil, errors.New("raven: WithRaiseSendErrors: the function is nil"), func(cfg *config) { cfg.raise = raise })
}
