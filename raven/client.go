package raven

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/gate"
	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/seen"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
	"github.com/ravenkit/ravenkit/transport"
)

// Client reports events to one Sentry project. [New] makes one; a nil *Client
// and the one that New makes of an empty DSN are disabled: they report
// nothing. A Client is safe for concurrent use. It has to be closed, so that
// what is under way is delivered before the program ends.
type Client struct {
	dsn       *transport.DSN // nil if disabled
	transport transport.Transport
	async     transport.AsyncTransport // the transport, if it is one
	holder    transport.Holder         // the transport, if it is one that holds
	url       string
	header    http.Header
	wire      wire
	inApp     *stack.Rule
	rules     *rules
	ignore    ignoreRule
	sentinels map[error]bool // never changed
	log       *slog.Logger   // nil: whatever slog.Default is at the time
	raise     func(*SendError)
	crashes   *crashReports // nil without WithCrashReport

	own         Context
	defaults    *circumstances // what is under every event; nil: nothing
	breadcrumbs int            // how many are kept

	sourceLines int        // on either side of a frame's
	sourceRate  *gate.Rate // of events with source from one place; nil: no bound

	sampleRate float64
	throttle   *gate.Throttle // nil: none
	onOutcome  func(Outcome)
	backoff    gate.Backoff
	counters   counters
	ledger     gate.Ledger
	reports    reports
	burst      gate.Burst // of losses, for the log
	recent     seen.Recent
	closed     atomic.Bool
	endedCtx   atomic.Bool // that Close was given

	mu     sync.Mutex
	lastID string // guarded by mu
}

// New returns a client for a DSN (protocol 1.1). The DSN's scheme chooses the
// transport and its query sets the transport's options; protocol=store among
// them chooses the reference client's wire format over envelopes. An empty DSN
// stands for the environment variable SENTRY_DSN; if that is empty too, the
// client is disabled, and says so at level info to the logger that [WithLogger]
// gave.
//
// Settings are taken from, the later wins: defaults, the environment
// (SENTRY_RELEASE, SENTRY_ENVIRONMENT, SENTRY_NAME), the DSN, opts. Nil options
// are skipped.
//
// Everything that is wrong with the DSN and the options is in the one error:
// *transport.DSNError, *transport.OptionError, *transport.UnknownSchemeError.
// No error contains the DSN's secret. After an error a transport that was
// given by [WithTransport] is still the caller's to close.
func New(dsn string, opts ...Option) (*Client, error) {
	cfg := defaults()
	var errs []error
	for _, o := range opts {
		if o != nil {
			errs = append(errs, o(&cfg))
		}
	}
	source := ""
	if strings.TrimSpace(dsn) == "" {
		dsn, source = os.Getenv("SENTRY_DSN"), "SENTRY_DSN: "
	}
	if strings.TrimSpace(dsn) == "" {
		if err := errors.Join(errs...); err != nil {
			return nil, err
		}
		return newDisabled(&cfg)
	}
	parsed, err := transport.ParseDSN(dsn)
	if err != nil {
		return nil, errors.Join(append(errs, fmt.Errorf("%s%w", source, err))...)
	}
	if err := errors.Join(errs...); err != nil || cfg.transport != nil {
		if err := errors.Join(err, cfg.check(parsed)); err != nil {
			return nil, err
		}
	}
	t, err := cfg.open(parsed)
	if err != nil {
		return nil, err
	}
	return newClient(parsed, t, &cfg), nil
}

// newDisabled returns a client that reports nothing, and says so once to those
// who gave it a logger.
func newDisabled(cfg *config) (*Client, error) {
	if cfg.log != nil {
		guard.Logger(cfg.log).Info("raven: no DSN (SENTRY_DSN is not set): nothing is reported")
	}
	c := &Client{transport: cfg.transport}
	c.openContext()
	return c, nil
}

func newClient(dsn *transport.DSN, t transport.Transport, cfg *config) *Client {
	c := &Client{
		dsn:       dsn,
		transport: t,
		url:       dsn.EnvelopeURL(),
		header:    envelopeHeader(dsn),
		inApp:     cfg.inApp,
		log:       cfg.log,
		raise:     cfg.raise,
		ignore:    cfg.ignoreRule(),
		sentinels: cfg.sentinels,
		rules:     cfg.newRules(),
	}
	c.async, _ = t.(transport.AsyncTransport)
	c.defaults = cfg.circumstances()
	c.breadcrumbs = cfg.breadcrumbs
	c.openContext()
	c.sampleRate, c.throttle, c.onOutcome = cfg.sampleRate, cfg.throttle, cfg.onOutcome
	c.ledger.Size = cfg.ledger
	c.sourceLines, c.sourceRate = cfg.sourceLines, gate.NewRate(cfg.sourceRate)
	c.wire = wire{
		project:     dsn.ProjectID,
		serverName:  jsontext.AppendField(nil, `"server_name":`, cfg.serverName),
		release:     jsontext.AppendField(nil, `"release":`, cfg.release),
		environment: jsontext.AppendField(nil, `"environment":`, cfg.environment),
		defaults:    Event{ServerName: cfg.serverName, Release: cfg.release, Environment: cfg.environment},
	}
	if protocol, err := dsn.Protocol(); err == nil && protocol == transport.ProtocolStore {
		c.wire.dialect, c.url = reference, dsn.StoreURL()
	}
	c.reports.off = cfg.noReports || c.wire.dialect == reference || cfg.sinks(dsn)
	if h, ok := t.(transport.Holder); ok && h.Watch(c.noticed) {
		c.holder = h
	}
	if cfg.crashFile != nil {
		c.crashes = c.startCrashReports(cfg)
	}
	return c
}
