package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

type demoCommand struct {
	Timeout time.Duration `default:"5s" help:"Time limit for one transport."`
}

// Run implements `fakesentry demo`.
func (c *demoCommand) Run(ctx context.Context, env *environment) error {
	d := &demo{registry: env.registry, timeout: c.Timeout}
	if err := d.start(); err != nil {
		return err
	}
	defer d.stop()
	for _, driver := range d.registry.Drivers() {
		for _, scheme := range driver.Schemes {
			for _, protocol := range []transport.Protocol{transport.ProtocolEnvelope, transport.ProtocolStore} {
				d.rows = append(d.rows, d.report(ctx, driver, scheme, protocol))
			}
		}
	}
	return d.print(env.out)
}

// demo is one run: two servers, and a row for each scheme and protocol.
type demo struct {
	registry  *transport.Registry
	timeout   time.Duration
	plain     *sentrytest.Server
	encrypted *sentrytest.Server
	folder    string // for the files of file+… schemes
	rows      []row
	shown     *sentrytest.Event
}

type row struct {
	scheme   string
	protocol transport.Protocol
	sink     string
	http     string        // the version of HTTP that carried the events; "" for none
	latency  time.Duration // from the first capture to the arrival of the last event
	id       string        // of the event of the error
	err      error
}

func (d *demo) start() (err error) {
	if d.folder, err = os.MkdirTemp("", "fakesentry"); err != nil {
		return err
	}
	if d.plain, err = sentrytest.Start(); err != nil {
		return errors.Join(err, os.RemoveAll(d.folder))
	}
	if d.encrypted, err = sentrytest.Start(sentrytest.HTTP2()); err != nil {
		return errors.Join(err, d.plain.Close(), os.RemoveAll(d.folder))
	}
	return nil
}

func (d *demo) stop() {
	_ = d.plain.Close()
	_ = d.encrypted.Close()
	_ = os.RemoveAll(d.folder)
}

// report runs the application with one scheme and checks what arrived.
func (d *demo) report(ctx context.Context, driver transport.Driver, scheme string, protocol transport.Protocol) (r row) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	r = row{scheme: scheme, protocol: protocol, sink: driver.Sink}
	s := d.sink(driver.Sink, scheme, protocol)
	start := time.Now()
	if r.id, r.err = d.runApp(ctx, s); r.err != nil {
		return r
	}
	events, err := s.arrived(ctx)
	r.latency, r.err = time.Since(start), err
	if err != nil || events == nil {
		return r
	}
	r.http = protosOf(events)
	if r.err = verify(ctx, events); r.err == nil && driver.Sink == "server" && d.shown == nil {
		if i := slices.IndexFunc(events, func(e sentrytest.Event) bool { return e.EventID == r.id }); i >= 0 {
			d.shown = &events[i]
		}
	}
	return r
}

// runApp opens a client on the sink's DSN and runs the application. It returns
// the id of the error that the application reported.
func (d *demo) runApp(ctx context.Context, s sink) (string, error) {
	client, err := raven.New(s.dsn,
		raven.WithRegistry(d.registry),
		raven.WithEnv(transport.Env{Stderr: s.stderr}),
		raven.WithRelease("shop@1.0.0"),
		raven.WithTags(raven.Tags{"demo": s.tag}),
	)
	if err != nil {
		return "", err
	}
	app := &shop{reporter: client}
	app.openForADay(ctx)
	return app.errorID, client.Close(ctx)
}

// wants describes the application's three reports.
var wants = [][]sentrytest.Predicate{
	{
		sentrytest.HasMessage("only 3 cakes left"),
		sentrytest.HasLevel(raven.LevelWarning),
	},
	{
		sentrytest.HasException("*fs.PathError", "write receipts/order-17: permission denied"),
		sentrytest.HasException("", "card declined"),
		sentrytest.HasFrame("(*shop).openForADay"),
		sentrytest.HasExtra("cents", 1250),
		sentrytest.HasLevel(raven.LevelError),
	},
	{
		sentrytest.HasException("", "assignment to entry in nil map"),
		sentrytest.HasFrame("(*shop).closeDown"),
		sentrytest.HasLevel(raven.LevelFatal),
	},
}

// verify compares the events with the application's reports. Background
// delivery keeps no order, so verify looks for each report among all events.
func verify(ctx context.Context, events []sentrytest.Event) error {
	for _, want := range wants {
		want = append(want, sentrytest.HasBreadcrumb("doors open"), sentrytest.HasRelease("shop@1.0.0"))
		if _, err := sentrytest.EventList(events).Wait(ctx, 1, want...); err != nil {
			return err
		}
	}
	if len(events) != len(wants) {
		return fmt.Errorf("%d events arrived, want %d", len(events), len(wants))
	}
	return nil
}

// protosOf lists the versions of HTTP that carried the events. It returns "" if
// they did not come over HTTP.
func protosOf(events []sentrytest.Event) string {
	var protos []string
	for _, e := range events {
		if !slices.Contains(protos, e.Received.Proto) {
			protos = append(protos, e.Received.Proto)
		}
	}
	return strings.Join(protos, ", ")
}

func splitScheme(scheme string) (prefix, base string) {
	i := strings.LastIndexByte(scheme, '+')
	return scheme[:max(i, 0)], scheme[i+1:]
}
