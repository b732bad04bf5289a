package transporttest_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transporttest"
)

// ignores checks options and removes them.
func ignores(name string, options ...string) func(*testing.T) transport.OpenFunc {
	return func(*testing.T) transport.OpenFunc {
		return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
			tr, err := openSound(name, dsn, env)
			if err != nil || !slices.ContainsFunc(options, func(o string) bool { return dsn.Options.Has(o) }) {
				return tr, err
			}
			closeSoon(tr)
			dsn = dsn.Clone()
			for _, o := range options {
				dsn.Options.Del(o)
			}
			return openSound(name, dsn, env)
		}
	}
}

// believes accepts invalid options.
func believes(judge func(dsn *transport.DSN, err error) bool) func(*testing.T) transport.OpenFunc {
	return func(*testing.T) transport.OpenFunc {
		return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
			tr, err := openSound("sync", dsn, env)
			if err == nil || !judge(dsn, err) {
				return tr, err
			}
			dsn = dsn.Clone()
			dsn.Options = nil
			return openSound("sync", dsn, env)
		}
	}
}

var brokenOptions = []broken{
	{
		what: "ignores timeout", open: ignores("sync", "timeout"),
		cases: "AnswerTimeout BodyTimeout ConnectTimeout HandshakeTimeout",
	},
	{what: "ignores verify_ssl", open: ignores("sync", "verify_ssl"), cases: "EnvTLS TLSUnverified"},
	{what: "ignores client_cert", open: ignores("sync", "client_cert", "client_key"), cases: "ClientCert"},
	{what: "ignores compression", open: ignores("sync", "compression"), cases: "BodyIntact"},
	{what: "ignores proxy", open: ignores("sync", "proxy"), cases: "Proxy"},
	{what: "ignores keepalive", open: ignores("sync", "keepalive"), cases: "KeepAliveOff"},
	{what: "ignores max_conns", open: ignores("sync", "max_conns"), cases: "MaxConns"},
	{what: "ignores shutdown_timeout", open: ignores("", "shutdown_timeout"), cases: "HoldCloseWaits ShutdownTimeout"},
	{what: "ignores queue_size", open: ignores("", "queue_size"), cases: "OnceEvicted PauseRefuses QueueBlocks QueueDrops"},
	{what: "ignores queue_bytes", open: ignores("", "queue_bytes"), cases: "QueueBytes"},
	{what: "ignores overflow", open: ignores("", "overflow"), cases: "PauseRefuses QueueBlocks QueueDrops"},
	{
		what: "ignores unknown options", cases: "UnknownOption",
		open: believes(func(_ *transport.DSN, err error) bool {
			fault, ok := is[*transport.OptionError](err)
			return ok && fault.Unknown()
		}),
	},
	{
		what: "replaces invalid values with the default", cases: "BadOption",
		open: believes(func(dsn *transport.DSN, err error) bool {
			fault, ok := is[*transport.OptionError](err)
			return ok && !fault.Unknown() && !dsn.Options.Has("no_such_option")
		}),
	},
	{what: "reports the first fault only", cases: "AllFaults", open: firstFault},
	{what: "ignores Env.DialContext", cases: "ConnectTimeout EnvDialContext", on: dialsItself},
	{what: "dials without a packet", cases: "OpenStaysQuiet", open: dialsUnused},
}

func firstFault(*testing.T) transport.OpenFunc {
	return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
		tr, err := openSound("sync", dsn, env)
		var joined interface{ Unwrap() []error }
		if errors.As(err, &joined) {
			err = joined.Unwrap()[0]
		}
		return tr, err
	}
}

func dialsItself(network *transporttest.Network) transport.OpenFunc {
	return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
		env.DialContext = network.DialContext
		return openSound("sync", dsn, env)
	}
}

// dialsUnused connects at Close if it never had a connection.
func dialsUnused(t *testing.T) transport.OpenFunc {
	return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
		tr, err := openSound("sync", dsn, env)
		if err != nil {
			return nil, err
		}
		var used atomic.Bool
		send := func(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
			used.Store(true)
			return tr.Send(ctx, p)
		}
		return brokenClose{brokenSend{tr, send}, func(ctx context.Context) error {
			if !used.Load() {
				if c, err := env.DialContext(t.Context(), "tcp", dsn.Host); err == nil {
					_ = c.Close()
				}
			}
			return tr.Close(ctx)
		}}, nil
	}
}
