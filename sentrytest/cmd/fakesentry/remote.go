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

// remoteFlags are the flags of commands that talk to a running fakesentry.
type remoteFlags struct {
	Server string `default:"http://127.0.0.1:8000" placeholder:"URL" help:"Address of the fakesentry, or one of its DSNs (default: ${default})."`
}

// eventFlags are the flags of commands that print events of a running
// fakesentry.
type eventFlags struct {
	remoteFlags
	Query  []string `arg:"" optional:"" help:"Only events that match, for example level:>=warning tag:shard=7 text. Put terms that begin with - after --."`
	Tenant string   `placeholder:"KEY" help:"Only events of the tenant with this key."`
	Format string   `enum:"human,json,logfmt" default:"human" help:"Format of the lines: ${enum}."`
}

func (f *eventFlags) filter() fakesentryclient.Filter {
	return fakesentryclient.Filter{Query: strings.Join(f.Query, " "), Tenant: f.Tenant}
}

type tailCommand struct {
	eventFlags
	All bool `help:"Begin with the stored events."`
}

// Run implements `fakesentry tail`.
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
	err = client.Stream(ctx, c.filter(), after, func(n fakesentryclient.News) bool {
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
	case ctx.Err() != nil: // an interrupt is the normal end of tail
		return nil
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the fakesentry at %s was stopped", client.URL())
	}
	return errors.Join(failed, remote(client, err))
}

type waitCommand struct {
	Count int `arg:"" optional:"" default:"1" help:"Number of events."`
	eventFlags
	Timeout time.Duration `default:"10s" help:"Longest time to wait."`
}

// Run implements `fakesentry wait`.
func (c *waitCommand) Run(ctx context.Context, env *environment) error {
	client, err := fakesentryclient.New(c.Server)
	if err != nil {
		return plain(err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("timeout after %s", c.Timeout))
	defer cancel()
	events, err := client.Wait(ctx, c.Count, c.filter())
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
	Timeout time.Duration `default:"2s" help:"Time limit for the answer."`
}

// Run implements `fakesentry healthcheck`.
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

// remote adds advice to errors that say that no server answers.
func remote(client *fakesentryclient.Client, err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("no fakesentry answers at %s: start one with `fakesentry serve`, or give its address with --server", client.URL())
	}
	return plain(err)
}

// plain removes package names from an error, because the program prints its own
// name.
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
