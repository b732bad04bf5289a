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

// target is where events go, and by which transport.
type target struct {
	dsn    *transport.DSN
	driver *transport.Driver // nil: nobody has registered the scheme
}

// target reads the DSN that was given, or SENTRY_DSN.
func (e *environment) target(given string) (*target, error) {
	text := cmp.Or(given, os.Getenv("SENTRY_DSN"))
	if text == "" {
		return nil, &advised{errors.New("there is no DSN"), "give it as an argument, as in https://PUBLIC_KEY@HOST/PROJECT_ID, or set SENTRY_DSN"}
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

// sends reports whether the transport talks to a server at all.
func (t *target) sends() bool { return t.driver == nil || t.driver.Sink == "server" }

// open makes the client; a watch sees what goes through its transport.
func (e *environment) open(t *target, w *watch) (*raven.Client, error) {
	registry := e.registry
	if w != nil && t.driver != nil {
		var err error
		if registry, err = w.over(registry, *t.driver, t.dsn.Scheme); err != nil {
			return nil, err
		}
	}
	client, err := raven.New(t.dsn.Reveal(),
		raven.WithRegistry(registry),
		raven.WithEnv(transport.Env{Stderr: e.errs}),
		raven.WithLogger(slog.New(slog.NewTextHandler(e.errs, nil))),
	)
	if err != nil {
		return nil, &advised{err, advice.For(err, t.dsn)}
	}
	return client, nil
}

// watch sits on the client's transport and remembers what it delivered last:
// Deliver itself tells no more than the event's id. It serves one goroutine.
type watch struct {
	transport.Transport
	packet   *transport.Packet
	response *transport.Response
	took     time.Duration
}

// over returns a registry with the watch in front of one scheme. The others
// stay: drivers may open them in turn.
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

// Send delivers a packet and takes note of it.
func (w *watch) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	start := time.Now()
	response, err := w.Transport.Send(ctx, p)
	w.packet, w.response, w.took = p, response, time.Since(start)
	return response, err
}

// shut closes a client whose events have their outcomes already, also when the
// command was interrupted: only connections are left to close.
func shut(ctx context.Context, client *raven.Client, err error) error {
	return errors.Join(err, client.Close(context.WithoutCancel(ctx)))
}
