package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/console"
	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// remoteFlags are those of commands that talk to a fakesentry which runs elsewhere.
type remoteFlags struct {
	Server string `default:"http://127.0.0.1:8000" placeholder:"URL" help:"Address of the fakesentry, or one of its DSNs (default: ${default})."`
}

type tailCommand struct {
	remoteFlags
	Query  []string `arg:"" optional:"" help:"Only events that match, as in level:>=warning tag:shard=7 text. One that begins with - goes behind --."`
	Tenant string   `placeholder:"KEY" help:"Only events of the tenant with this key."`
	All    bool     `help:"Begin with everything that the server keeps."`
	Format string   `enum:"human,json,logfmt" default:"human" help:"How the lines look: ${enum}."`
}

// Run is what `fakesentry tail` does.
func (c *tailCommand) Run(ctx context.Context, env *environment) error {
	client, err := fakesentryclient.New(c.Server)
	if err != nil {
		return plain(err)
	}
	after := fakesentryclient.Now
	if c.All {
		after = 0
	}
	printer := console.New(env.out, c.Format)
	var failed error
	err = client.Stream(ctx, fakesentryclient.Filter{Query: strings.Join(c.Query, " "), Tenant: c.Tenant}, after, func(n fakesentryclient.News) bool {
		switch {
		case n.Event != nil:
			failed = printer.Event(*n.Event)
		case n.Faulted != nil:
			failed = printer.Faulted(*n.Faulted)
		case n.Refused != nil:
			failed = printer.Refused(*n.Refused)
		case n.Missed:
			failed = printer.Missed()
		}
		return failed == nil
	})
	switch {
	case ctx.Err() != nil: // an interrupt is how tail ends
		return nil
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the fakesentry at %s was stopped", client.URL())
	}
	return errors.Join(failed, remote(client, err))
}

type waitCommand struct {
	remoteFlags
	Count   int           `arg:"" optional:"" default:"1" help:"How many events."`
	Query   []string      `arg:"" optional:"" help:"Only events that match, as in level:>=warning tag:shard=7 text. One that begins with - goes behind --."`
	Tenant  string        `placeholder:"KEY" help:"Only events of the tenant with this key."`
	Timeout time.Duration `default:"10s" help:"How long to wait."`
	Format  string        `enum:"human,json,logfmt" default:"human" help:"How the lines look: ${enum}."`
}

// Run is what `fakesentry wait` does.
func (c *waitCommand) Run(ctx context.Context, env *environment) error {
	client, err := fakesentryclient.New(c.Server)
	if err != nil {
		return plain(err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("%s have passed", c.Timeout))
	defer cancel()
	events, err := client.Wait(ctx, c.Count, fakesentryclient.Filter{Query: strings.Join(c.Query, " "), Tenant: c.Tenant})
	if err != nil {
		return remote(client, err)
	}
	printer := console.New(env.out, c.Format)
	for _, e := range events {
		if err := printer.Event(e); err != nil {
			return err
		}
	}
	return nil
}

type healthcheckCommand struct {
	remoteFlags
	Timeout time.Duration `default:"2s" help:"How long the answer may take."`
}

// Run is what `fakesentry healthcheck` does.
func (c *healthcheckCommand) Run(ctx context.Context, env *environment) error {
	client, err := fakesentryclient.New(c.Server)
	if err != nil {
		return plain(err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("no answer within %s", c.Timeout))
	defer cancel()
	health, err := client.Health(ctx)
	if err != nil {
		return remote(client, err)
	}
	fmt.Fprintf(env.out, "%s: %s\n", console.Plain(health.Status), console.Plain(health.DSN))
	return nil
}

// remote says what can be done when nobody answers at the server's address.
func remote(client *fakesentryclient.Client, err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("no fakesentry answers at %s: start one with `fakesentry serve`, or name it with --server", client.URL())
	}
	return plain(err)
}

// plain takes the names of packages off an error, since here there is only one program that speaks.
func plain(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, prefix := range []string{"fakesentryclient: ", "sentrytest: ", "transport: ", "raven: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return errors.New(legible(text, "\n"))
}
