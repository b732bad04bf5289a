package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/forward"
	"github.com/ravenkit/ravenkit/transport"
)

type sendCommand struct {
	DSN     string            `name:"dsn" env:"FAKESENTRY_DSN,SENTRY_DSN" default:"http://facade00facade00facade00facade00@127.0.0.1:8000/1" placeholder:"DSN" help:"Where to send; the default is a fakesentry on this machine."`
	Message string            `short:"m" help:"Text of the message; the default is a greeting."`
	Level   string            `default:"error" enum:"debug,info,warning,error,fatal" help:"Level of the message: ${enum}."`
	Tag     map[string]string `placeholder:"NAME=VALUE" help:"Tags of the message."`
	Files   []string          `arg:"" optional:"" placeholder:"FILE" help:"Files to send instead of a message: one JSON event or one envelope each; - is standard input."`
}

// Run implements `fakesentry send`.
func (c *sendCommand) Run(ctx context.Context, env *environment) error {
	if len(c.Files) == 0 {
		return c.sendMessage(ctx, env)
	}
	if c.Message != "" || len(c.Tag) > 0 {
		return errors.New("--message and --tag can't be used with files")
	}
	t, dsn, err := openDSN(c.DSN, env.registry)
	if err != nil {
		return err
	}
	for _, name := range c.Files {
		if err = c.sendFile(ctx, env, t, dsn, name); err != nil {
			break
		}
	}
	return errors.Join(err, plain(t.Close(ctx)))
}

func openDSN(text string, registry *transport.Registry) (transport.Transport, *transport.DSN, error) {
	dsn, err := transport.ParseDSN(text)
	if err != nil {
		return nil, nil, plain(err)
	}
	t, err := registry.Open(dsn, transport.Env{})
	return t, dsn, plain(err)
}

func (c *sendCommand) sendMessage(ctx context.Context, env *environment) error {
	client, err := raven.New(c.DSN, raven.WithRegistry(env.registry))
	if err != nil {
		return plain(err)
	}
	id, err := client.Deliver(ctx, &raven.Event{Message: cmp.Or(c.Message, "Hello from fakesentry"), Level: raven.Level(c.Level)}, raven.Tags(c.Tag))
	if err == nil {
		fmt.Fprintln(env.out, id)
	}
	return errors.Join(plain(err), plain(client.Close(ctx)))
}

func (c *sendCommand) sendFile(ctx context.Context, env *environment, t transport.Transport, dsn *transport.DSN, name string) error {
	text, err := readInput(env.in, name)
	if err != nil {
		return err
	}
	p, err := packet(dsn, text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	resp, err := t.Send(ctx, p)
	if err != nil {
		return fmt.Errorf("%s: %w", name, plain(err))
	}
	fmt.Fprintln(env.out, cmp.Or(resp.EventID, p.EventID))
	return nil
}

func readInput(in io.Reader, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(in)
	}
	return os.ReadFile(name)
}

// packet makes a packet of a file. An envelope stays as it is; a JSON event
// goes to the store endpoint.
func packet(dsn *transport.DSN, text []byte) (*transport.Packet, error) {
	trimmed := bytes.TrimSpace(text)
	if e, err := sentrytest.ParseEvent(trimmed); err == nil {
		return &transport.Packet{URL: dsn.StoreURL(), Header: forward.Header(dsn, "application/json"), Body: trimmed, EventID: e.EventID, Category: "error"}, nil
	}
	e, err := sentrytest.ParseEnvelope(text)
	if err != nil {
		// An editor may add blank lines around an envelope. Trimming is safe:
		// payloads have a length, so an envelope that has lost a line end of a
		// payload does not parse.
		if other, bad := sentrytest.ParseEnvelope(trimmed); bad == nil {
			e, err, text = other, nil, trimmed
		}
	}
	if err != nil {
		return nil, fmt.Errorf("neither a JSON event nor an envelope: %w", plain(err))
	}
	return &transport.Packet{URL: dsn.EnvelopeURL(), Header: forward.Header(dsn, "application/x-sentry-envelope"), Body: text, EventID: e.EventID, Category: "error"}, nil
}
