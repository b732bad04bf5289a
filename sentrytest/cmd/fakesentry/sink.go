package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// sink receives the events of one row and finds them.
type sink struct {
	dsn    string
	tag    string // the value of the tag that marks the row's events
	stderr *bytes.Buffer
	// arrived returns the events. For transports that print events for people,
	// it returns none, and an error if the printout is wrong.
	arrived func(ctx context.Context) ([]sentrytest.Event, error)
}

func (d *demo) sink(kind, scheme string, protocol transport.Protocol) sink {
	s := sink{tag: scheme + " " + string(protocol), stderr: new(bytes.Buffer)}
	prefix, base := splitScheme(scheme)
	server, options := d.plain, []sentrytest.DSNOption{sentrytest.DSNScheme(prefix)}
	if base == "https" {
		server = d.encrypted
		options = append(options, sentrytest.DSNParam("ca_certs", server.CACertFile()))
	}
	if protocol != transport.ProtocolEnvelope {
		options = append(options, sentrytest.DSNParam("protocol", string(protocol)))
	}
	switch kind {
	case "file":
		path := filepath.Join(d.folder, strings.ReplaceAll(s.tag, " ", "-")+".jsonl")
		options = append(options, sentrytest.DSNParam("path", path))
		s.arrived = func(context.Context) ([]sentrytest.Event, error) { return readEvents(path) }
	case "stderr":
		s.arrived = func(context.Context) ([]sentrytest.Event, error) { return nil, checkPrintout(s.stderr.String()) }
	default:
		// The client is closed, so nothing more will be sent.
		s.arrived = func(ctx context.Context) ([]sentrytest.Event, error) {
			if err := server.WaitIdle(ctx); err != nil {
				return nil, err
			}
			return sentrytest.EventList(server.Events()).Wait(ctx, len(wants), sentrytest.HasTag("demo", s.tag))
		}
	}
	s.dsn = server.DSN(options...)
	return s
}

func readEvents(path string) ([]sentrytest.Event, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var events []sentrytest.Event
	for line := range bytes.Lines(data) {
		var record struct{ Event json.RawMessage }
		if err := json.Unmarshal(line, &record); err != nil {
			return events, err
		}
		e, err := sentrytest.ParseEvent(record.Event)
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
	return events, nil
}

func checkPrintout(text string) error {
	for _, want := range []string{
		"only 3 cakes left", "checkout of order-17", "card declined", "permission denied",
		"assignment to entry in nil map", "(*shop).openForADay", "(*shop).closeDown",
	} {
		if !strings.Contains(text, want) {
			return fmt.Errorf("%q is missing in the printout", want)
		}
	}
	return nil
}
