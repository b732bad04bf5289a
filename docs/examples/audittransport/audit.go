// Package audittransport is the example of docs/writing-a-transport.md: it
// delivers like the default transport and keeps a journal of every outcome, for
// programs that must prove what they reported.
//
//	audit+https://PUBLIC_KEY@HOST/PROJECT?journal=/var/log/reported.log
package audittransport

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/ravenkit/ravenkit/transport"
)

func init() { transport.Register(Driver()) }

// Config has the options of every transport, and one more.
type Config struct {
	transport.HTTPConfig
	// Journal (journal) is the file that outcomes are appended to.
	Journal string
}

// BindOptions binds the options.
func (c *Config) BindOptions(o *transport.OptionSet) {
	c.HTTPConfig.BindOptions(o)
	o.Text("journal", &c.Journal, "the path of a file", "the file that outcomes are appended to", nil)
}

// Transport delivers through another transport and records the outcome of each
// packet.
type Transport struct {
	next    transport.Transport
	journal *os.File
}

var _ transport.Transport = (*Transport)(nil)

// New returns a transport that delivers in its caller.
func New(cfg Config) (*Transport, error) {
	journal, err := os.OpenFile(cfg.Journal, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, &transport.OptionError{Option: "journal", Value: cfg.Journal, Allowed: "a file that can be written", Err: err}
	}
	next, err := transport.NewHTTP(cfg.HTTPConfig)
	if err != nil {
		return nil, errors.Join(err, journal.Close())
	}
	return &Transport{next: next, journal: journal}, nil
}

// Send delivers one packet, under the rules of transport.Transport.
func (t *Transport) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	r, err := t.next.Send(ctx, p)
	outcome := "delivered"
	if err != nil {
		outcome = err.Error()
	}
	if _, e := fmt.Fprintf(t.journal, "%s %s\n", p.EventID, outcome); e != nil && err == nil {
		return r, fmt.Errorf("audittransport: event %s was delivered, but not recorded: %w", p.EventID, e)
	}
	return r, err
}

// Close ends the transport, and closes the journal after the last send.
func (t *Transport) Close(ctx context.Context) error {
	err := t.next.Close(ctx)
	// Close may be called again.
	if e := t.journal.Close(); !errors.Is(e, os.ErrClosed) {
		err = errors.Join(err, e)
	}
	return err
}

// Driver returns the driver that importing the package registers.
func Driver() transport.Driver {
	return transport.Driver{
		Schemes:  []string{"audit+http", "audit+https"},
		Engine:   "net/http",
		Delivery: "as threaded, with a journal of every outcome",
		WhenFull: "overflow decides; by default the newest event is dropped",
		Options:  transport.OptionSpecs(new(Config), new(transport.ThreadedConfig)),
		Open: func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
			cfg := Config{Journal: "reported.log"}
			queue := transport.ThreadedConfig{Logger: env.Logger, Spool: transport.SpoolConfig{DSN: dsn}}
			if err := transport.DecodeOptions(dsn.Options, &cfg, &queue); err != nil {
				return nil, err
			}
			cfg.Apply(env)
			next, err := New(cfg)
			if err != nil {
				return nil, err
			}
			return transport.NewThreaded(next, queue)
		},
	}
}
