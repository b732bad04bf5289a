package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/advice"
	"github.com/ravenkit/ravenkit/transport"
)

type testCommand struct {
	DSN string `arg:"" optional:"" name:"dsn" help:"The DSN to send to. Default: SENTRY_DSN."`
}

// Help returns the command's detailed help.
func (*testCommand) Help() string {
	return `The event has level info, a message that says where it comes from, and a stack trace. If it can't be delivered, the
complete error is printed with a fix, and the exit code is 1.

    raven test https://KEY@HOST/1
    raven test 'threaded+https://KEY@HOST/1?ca_certs=/etc/ssl/ours.pem'
`
}

const selfTestMessage = "This is a test message from raven test"

// Run runs `raven test`.
func (c *testCommand) Run(ctx context.Context, env *environment) error {
	t, err := env.target(c.DSN)
	if err != nil {
		return err
	}
	env.say("dsn", t.dsn.String())
	w := new(watch)
	client, err := env.open(t, w)
	if err != nil {
		return err
	}
	env.say("transport", t.how())
	if t.sends() {
		env.say("sending to", endpoint(t.dsn))
	}
	id, err := client.Deliver(ctx, &raven.Event{
		Message: selfTestMessage, Level: raven.LevelInfo, Logger: "raven.test",
	}, raven.Stack(true))
	env.say("event", id)
	if err != nil {
		return shut(ctx, client, &advised{fmt.Errorf("the event was not delivered: %s", plain(err.Error())), advice.For(err, t.dsn)})
	}
	env.say("answer", w.answer())
	fmt.Fprintf(env.out, "\n%s\n", t.arrived())
	return shut(ctx, client, nil)
}

func (e *environment) say(what, text string) {
	fmt.Fprintf(e.out, "%-11s %s\n", what, text)
}

func (t *target) how() string {
	if t.driver == nil {
		return "not registered"
	}
	text := fmt.Sprintf("%s, on %s: %s", t.driver.Name, t.driver.Engine, t.driver.Delivery)
	if !t.driver.Blocking {
		text += " (this command waits)"
	}
	return text
}

func (t *target) arrived() string {
	if t.sends() {
		return fmt.Sprintf("Success: the event %q is in project %s.", selfTestMessage, t.dsn.ProjectID)
	}
	return fmt.Sprintf("Success, but %s+… does not send: remove it from the DSN to send to %s.", t.driver.Name, t.dsn.Host)
}

func endpoint(dsn *transport.DSN) string {
	if protocol, err := dsn.Protocol(); err == nil && protocol == transport.ProtocolStore {
		return dsn.StoreURL()
	}
	return dsn.EnvelopeURL()
}

// answer describes the server's answer to the delivered event.
func (w *watch) answer() string {
	r := w.response
	if r == nil || r.Status == 0 {
		return "none: there is no server to ask"
	}
	text := fmt.Sprintf("%d %s after %s", r.Status, http.StatusText(r.Status), brief(w.took))
	if r.Proto != "" {
		text += ", over " + r.Proto
	}
	if r.EventID == "" {
		text += "; without the event's id, which Sentry returns: is this Sentry?"
	}
	for _, category := range slices.Sorted(maps.Keys(r.RateLimits)) {
		wait := max(time.Until(r.RateLimits[category]).Round(time.Second), 0)
		text += fmt.Sprintf("; rate limit: no %s for %s", cmp.Or(category, "events of any kind"), wait)
	}
	return text
}
