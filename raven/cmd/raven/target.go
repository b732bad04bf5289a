package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/advice"
	"github.com/ravenkit/ravenkit/transport"
)

// target is a DSN with its transport's driver.
type target struct {
	dsn    *transport.DSN
	driver *transport.Driver // nil: the scheme is not registered
}

// target parses the given DSN, or SENTRY_DSN.
func (e *environment) target(given string) (*target, error) {
	text := cmp.Or(given, os.Getenv("SENTRY_DSN"))
	if text == "" {
		return nil, &advised{errors.New("no DSN given"), "pass it as an argument, as in https://PUBLIC_KEY@HOST/PROJECT_ID, or set SENTRY_DSN"}
	}
	dsn, err := transport.ParseDSN(text)
	if err != nil {
		return nil, &advised{err, advice.For(err, nil)}
	}
	t := &target{dsn: dsn}
	for _, d := range e.registry.Drivers() {
		if slices.Contains(d.Schemes, dsn.Scheme) {
			t.driver = &d
		}
	}
	return t, nil
}

func (t *target) sends() bool { return t.driver == nil || t.driver.Sink == "server" }

// timeout returns the DSN's timeout. It was checked when the transport was
// opened.
func (t *target) timeout() time.Duration {
	var cfg transport.HTTPConfig
	_ = transport.DecodeOptions(advice.OptionsFor(t.dsn, &cfg), &cfg)
	return cmp.Or(cfg.Timeout, transport.DefaultTimeout)
}

// open makes the client; w records what its transport delivers. The client has
// no spool.
func (e *environment) open(t *target, w *watch) (*raven.Client, error) {
	dsn, err := e.withoutSpool(t)
	if err != nil {
		return nil, &advised{err, advice.For(err, t.dsn)}
	}
	registry := e.registry
	if w != nil && t.driver != nil {
		if registry, err = w.over(registry, *t.driver, t.dsn.Scheme); err != nil {
			return nil, err
		}
	}
	client, err := raven.New(dsn.Reveal(),
		raven.WithRegistry(registry),
		raven.WithEnv(transport.Env{Stderr: e.errs}),
		raven.WithLogger(slog.New(slog.NewTextHandler(e.errs, nil))),
	)
	if err != nil {
		return nil, &advised{err, advice.For(err, t.dsn)}
	}
	return client, nil
}

// watch wraps the client's transport and records the last delivery: Deliver
// itself returns only the event's id. It is for one goroutine.
type watch struct {
	transport.Transport
	packet   *transport.Packet
	response *transport.Response
	took     time.Duration
}

// over returns a registry with the watch around one scheme's transport. The
// other schemes are unchanged, because drivers may open them.
func (w *watch) over(r *transport.Registry, d transport.Driver, scheme string) (*transport.Registry, error) {
	open := d.Open
	d.Schemes = []string{scheme}
	d.Open = func(dsn *transport.DSN, env transport.Env) (_ transport.Transport, err error) {
		if w.Transport, err = open(dsn, env); err != nil {
			return nil, err
		}
		return w, nil
	}
	r = r.Clone()
	return r, r.Replace(d)
}

// Send delivers a packet and records it.
func (w *watch) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	start := time.Now()
	response, err := w.Transport.Send(ctx, p)
	w.packet, w.response, w.took = p, response, time.Since(start)
	return response, err
}

// shut closes a client whose events all have their outcomes, even after an
// interrupt: only connections are left to close.
func shut(ctx context.Context, client *raven.Client, err error) error {
	return errors.Join(err, client.Close(context.WithoutCancel(ctx)))
}
