package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/console"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/forward"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// hostFlags are the flags of the commands that serve the page.
type hostFlags struct {
	Format      string        `enum:"human,json,logfmt" default:"human" help:"Format of the lines about events: ${enum}."`
	TLS         bool          `name:"tls" help:"Serve https too, with a certificate of a CA that is created at the start."`
	TLSAddr     string        `name:"tls-addr" placeholder:"HOST:PORT" help:"Address for https; the default is a free port on loopback."`
	HTTP2       bool          `name:"http2" help:"Offer HTTP/2 over https, besides HTTP/1.1. Implies --tls, as do --tls-addr, --ca-file and --san."`
	CAFile      string        `name:"ca-file" type:"path" placeholder:"FILE" help:"Save the CA's certificate (PEM) to this file, for clients to trust."`
	SAN         []string      `name:"san" placeholder:"NAME" help:"Names and IP addresses for the certificate, besides localhost."`
	PublicURL   string        `name:"public-url" placeholder:"URL" help:"The address of this server for clients, in DSNs and links, if it differs from the address to listen on."`
	AllowOrigin []string      `name:"allow-origin" placeholder:"ORIGIN" help:"Origins whose pages may read events, for example https://app.test:3000; * for any. They can't change anything. Pages of any origin may send events."`
	MaxEvents   int           `name:"max-events" default:"10000" help:"How many events to keep; the oldest are deleted first. 0 is the default."`
	MaxAge      time.Duration `name:"max-age" default:"0" help:"How long to keep events; 0 means for ever."`
	Store       string        `type:"path" placeholder:"FILE" help:"Keep events in this SQLite file, across restarts and crashes. The default is memory."`
}

type serveCommand struct {
	Addr    string `default:"127.0.0.1:8000" help:"Address to listen on; :8000 is port 8000 of every interface. Anyone who can reach it can read and delete events."`
	Script  string `type:"existingfile" placeholder:"FILE" help:"Start with the faults in this YAML or JSON file: a list such as [{status: 429, retry_after: '30', times: 2}]."`
	Forward string `placeholder:"DSN" help:"Forward everything that is accepted to this Sentry. Failures are printed and do not delay clients."`
	hostFlags
}

// config makes the host's configuration from the flags.
func (f *hostFlags) config(addr string) host.Config {
	return host.Config{
		Addr: addr, TLS: f.TLS || f.TLSAddr != "" || f.HTTP2 || f.CAFile != "" || len(f.SAN) > 0, TLSAddr: f.TLSAddr, HTTP2: f.HTTP2,
		CertNames: f.SAN, PublicURL: f.PublicURL,
		AllowOrigins: f.AllowOrigin, Version: raven.Version, Page: browserPage,
		Store: store.Config{Path: f.Store, MaxEvents: f.MaxEvents, MaxAge: f.MaxAge},
	}
}

// start starts a host and writes the CA's file.
func (f *hostFlags) start(addr string, env *environment, passed *forward.Forwarder) (*host.Host, error) {
	if f.MaxEvents < 0 {
		return nil, fmt.Errorf("--max-events is %d: it must be a number of events, or 0 for %d", f.MaxEvents, store.DefaultMaxEvents)
	}
	if f.MaxAge < 0 {
		return nil, fmt.Errorf("--max-age is %s: it must be a duration such as 24h, or 0 for no limit", f.MaxAge)
	}
	cfg := f.config(addr)
	cfg.Store.Unreadable = func(err error) { fmt.Fprintln(env.errs, "fakesentry:", console.Plain(plain(err).Error())) }
	cfg.Failed = (&complaints{w: env.errs, every: complaintsEvery}).print
	if passed != nil {
		cfg.Received, cfg.Returned = passed.Forward, passed.HasSent
	}
	connections := &complaints{w: env.errs, every: complaintsEvery}
	cfg.Problem = func(line string) { connections.print(errors.New(console.Plain(line))) }
	h, err := host.Start(cfg)
	if err != nil {
		return nil, err
	}
	if passed != nil && leadsBack(h, passed) {
		return nil, errors.Join(errors.New("--forward is the address of this server"), h.Close())
	}
	if f.CAFile != "" {
		if err := os.WriteFile(f.CAFile, h.Server.CACertPEM(), 0o644); err != nil {
			return nil, errors.Join(fmt.Errorf("saving the CA's certificate: %w", err), h.Close())
		}
	}
	return h, nil
}

// leadsBack reports whether the forwarder's address is the host itself. If the
// name can't be resolved soon, leadsBack returns false; the host then refuses
// events that come back, by their mark.
func leadsBack(h *host.Host, passed *forward.Forwarder) bool {
	ctx, cancel := context.WithTimeout(h.Lifetime(), 2*time.Second)
	defer cancel()
	return h.Reaches(ctx, passed.URL())
}

// Run implements `fakesentry serve`.
func (c *serveCommand) Run(ctx context.Context, env *environment) error {
	faults, err := readFaults(c.Script)
	if err != nil {
		return err
	}
	passed, err := c.forwarder(env)
	if err != nil {
		return err
	}
	h, err := c.start(c.Addr, env, passed)
	if err == nil {
		err = h.Server.SetFaults(faults...)
	}
	if err != nil {
		if passed != nil {
			err = errors.Join(err, passed.Close(ctx))
		}
		return err
	}
	defer outlivePipes()() // clients need the server even if its output has no reader
	announce(env, h, c.Format)
	warnOfOthers(env.errs, h, c.Addr, c.TLSAddr)
	var printing sync.WaitGroup
	printing.Go(func() {
		n := &news{feed: h.Store.Feed(h.Before), printer: console.New(env.out, c.Format), format: c.Format, failed: &complaints{w: env.errs, every: complaintsEvery}}
		n.print()
	})
	<-ctx.Done()
	err = c.stop(h, passed)
	printing.Wait()
	return err
}

// stop finishes the requests and forwarded events that are under way.
func (c *serveCommand) stop(h *host.Host, passed *forward.Forwarder) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	err := h.Shutdown(ctx)
	if passed != nil {
		err = errors.Join(err, plain(passed.Close(ctx)))
	}
	return err
}

// drainTime is how long the program may take to end.
const drainTime = 5 * time.Second

// forwarder opens the target of --forward, or returns nil without one.
func (c *serveCommand) forwarder(env *environment) (*forward.Forwarder, error) {
	if c.Forward == "" {
		return nil, nil
	}
	f, err := forward.New(c.Forward, env.registry, func(err error) { fmt.Fprintln(env.errs, "fakesentry:", plain(err)) })
	if err != nil {
		return nil, fmt.Errorf("--forward: %w", plain(err))
	}
	return f, nil
}

// readFaults reads a file of faults.
func readFaults(path string) ([]sentrytest.Fault, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if text, err = yaml.YAMLToJSONStrict(text); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var object struct {
		Faults json.RawMessage `json:"faults"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&object) == nil && object.Faults != nil { // the form of the API
		text = object.Faults
	}
	faults, err := sentrytest.ParseFaults(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, plain(err))
	}
	return faults, nil
}

// announce prints the server's addresses: to stdout for people, to stderr if
// stdout has lines for programs.
func announce(env *environment, h *host.Host, format string) {
	w := env.out
	if format != console.Human {
		w = env.errs
	}
	fmt.Fprintf(w, "DSN        %s\n", h.DSN(host.Key, host.Project))
	if dsn := h.TLSDSN(host.Key, host.Project); dsn != "" {
		fmt.Fprintf(w, "DSN (TLS)  %s\n", dsn)
	}
	fmt.Fprintf(w, "Page       %s/\n", h.URL())
}
