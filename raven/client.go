package raven

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/internal/losses"
	"github.com/ravenkit/ravenkit/raven/internal/gate"
	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/seen"
	"github.com/ravenkit/ravenkit/transport"
)

// Client reports events to one Sentry project. [New] makes one. A nil *Client
// and a client without a DSN are disabled: they report nothing. A Client is
// safe for concurrent use. Close it so that its events are delivered before the
// program ends.
type Client struct {
	settings
	dsn       *transport.DSN // nil if disabled
	transport transport.Transport
	async     transport.AsyncTransport // the transport, if it is asynchronous
	holder    transport.Holder         // the transport, if it holds events
	spooler   transport.Spooler        // the transport, if it may have a spool
	url       string
	header    http.Header
	wire      wire
	crashes   *crashReports // nil without WithCrashReport

	own        Context
	defaults   *circumstances // below every event; nil: nothing
	sourceRate *gate.Rate     // of events with source from one place; nil: no limit

	backoff  gate.Backoff
	counters counters
	ledger   gate.Ledger
	reports  reports
	burst    losses.Burst // of losses, for the log
	recent   seen.Recent
	closed   atomic.Bool
	endedCtx atomic.Bool // the ctx given to Close had ended

	mu     sync.Mutex
	lastID string // guarded by mu
}

// New returns a client for a DSN. The DSN's scheme chooses the transport, its
// query sets the transport's options. protocol=store in the query chooses the
// wire format of Raven for Python over envelopes. An empty DSN means the
// environment variable SENTRY_DSN; if that is empty too, the client is disabled
// and says so at level info to the logger of [WithLogger].
//
// Later sources override earlier ones: defaults, the environment
// (SENTRY_RELEASE, SENTRY_ENVIRONMENT, SENTRY_NAME), the DSN, opts. Nil options
// are skipped.
//
// The error lists everything that is wrong with the DSN and the options:
// *transport.DSNError, *transport.OptionError, *transport.UnknownSchemeError.
// No error contains the DSN's secret. After an error, the caller still has to
// close the transport of [WithTransport].
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

// newDisabled returns a client that reports nothing. It logs that only to a
// logger that was given.
func newDisabled(cfg *config) (*Client, error) {
	if cfg.log != nil {
		guard.Logger(cfg.log).Info("raven: no DSN (SENTRY_DSN is not set): nothing is reported")
	}
	c := &Client{transport: cfg.transport}
	c.openContext()
	return c, nil
}

func newClient(dsn *transport.DSN, t transport.Transport, cfg *config) *Client {
	cfg.complete()
	c := &Client{
		settings:   cfg.settings,
		dsn:        dsn,
		transport:  t,
		url:        dsn.EnvelopeURL(),
		header:     envelopeHeader(dsn),
		defaults:   cfg.circumstances(),
		sourceRate: gate.NewRate(cfg.sourceRate),
	}
	c.async, _ = t.(transport.AsyncTransport)
	c.spooler, _ = t.(transport.Spooler)
	c.openContext()
	c.ledger.Size = cfg.ledger
	c.wire = wire{
		project:     dsn.ProjectID,
		serverName:  jsontext.AppendField(nil, `"server_name":`, cfg.serverName),
		release:     jsontext.AppendField(nil, `"release":`, cfg.release),
		environment: jsontext.AppendField(nil, `"environment":`, cfg.environment),
		defaults:    Event{ServerName: cfg.serverName, Release: cfg.release, Environment: cfg.environment},
	}
	if protocol, err := dsn.Protocol(); err == nil && protocol == transport.ProtocolStore {
		c.wire.dialect, c.url = store, dsn.StoreURL()
	}
	c.reports.off = cfg.noReports || c.wire.dialect == store || cfg.sinks(dsn)
	if h, ok := t.(transport.Holder); ok && h.Watch(c.noticed) {
		c.holder = h
	}
	if cfg.crashFile != nil {
		c.crashes = c.startCrashReports(cfg)
	}
	return c
}
