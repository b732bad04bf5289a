package raven

import (
	"errors"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/transport"
)

// settle gives an event the outcome that its transport came to. Only the first
// counts.
func (c *Client) settle(f *fate, resp *transport.Response, err error, how terms) {
	if f.settled.Swap(true) {
		return
	}
	judged := false
	defer func() {
		if !judged { // a method of the error ended the goroutine
			c.enter(f, Outcome{EventID: f.id, Kind: OutcomeNetwork, Err: errNoReturn}, how)
		}
	}()
	o := outcomeOf(f.id, resp, err)
	judged = true
	c.enter(f, o, how)
}

// enter enters an outcome wherever it is kept.
func (c *Client) enter(f *fate, o Outcome, how terms) {
	how.echo = f.echo
	if !how.ignore && c.holder == nil {
		c.observe(&o)
	}
	if o.Kind != OutcomeDelivered {
		f.memory.forget(c)
	}
	if f.report != nil && !reportArrived(&o) {
		c.reports.add(f.report)
	}
	c.ledger.Close(f.ticket, o.word())
	c.conclude(o, &f.gist, how)
}

// drop gives an event its outcome that does not reach the transport. g is nil
// where the event was not composed.
func (c *Client) drop(o Outcome, g *gist, how terms) {
	if o.EventID != "" {
		c.ledger.Open(o.EventID, o.word())
	}
	c.conclude(o, g, how)
}

// conclude counts an outcome, and tells those who want to know.
func (c *Client) conclude(o Outcome, g *gist, how terms) {
	kind := o.Kind.index()
	c.reports.count(&o)
	if kind >= firstLoss && !how.told {
		c.counters.untold[kind].Add(1)
	}
	c.counters.outcomes[kind].Add(1)
	switch {
	case o.Err == errNested: // whoever is told captures again
		return
	case kind == 0:
		if b, over := c.burst.Success(); over {
			c.logEnd(b)
		}
	case kind >= firstLoss && !how.told:
		c.lost(&o, g, how.echo)
	}
	if c.onOutcome == nil {
		return
	}
	if r := guard.Do(func() { c.onOutcome(o) }); r != nil {
		c.logTo().Error("raven: the function of WithOnOutcome panicked", "panic", guard.Plain(r), "event_id", o.EventID, "outcome", o.String())
	}
}

// word is String, without its cost for what needs none.
func (o *Outcome) word() string {
	if o.Err == nil {
		return string(o.Kind)
	}
	return o.String()
}

// WithOnOutcome calls fn with the outcome of every event that is captured, once
// for each: on the capturing goroutine for what the client drops, where the
// transport calls back for the rest. It may be called by several goroutines at
// a time, holds no lock of the client's, and may call the client, but for Flush
// and Close, which wait for it. What it captures has an outcome too: a function
// that captures something for each outcome never ends. It does not hear of
// captures that are refused inside three others, see [OutcomeInvalid]. A panic
// in it is logged. Nil is an error.
func WithOnOutcome(fn func(Outcome)) Option {
	return func(cfg *config) error {
		if fn == nil {
			return errNilOnOutcome
		}
		cfg.onOutcome = fn
		return nil
	}
}

// outgoing is an event that is ready to be sent: the packet, which is the
// transport's from now on, and what its outcome is entered into. Neither refers
// to the other, so that the packet can be freed while its outcome is open. The
// zero value is none.
type outgoing struct {
	packet *transport.Packet
	*fate
}

// fate is an event whose outcome is open.
type fate struct {
	client  *Client
	id      string
	ticket  uint64      // in the ledger
	report  *discards   // that travel along; nil for none
	echo    bool        // see terms
	memory  memory      // of its error
	settled atomic.Bool // a transport that calls back twice is not believed twice
	gist    gist
}

// done is the callback for asynchronous transports.
func (f *fate) done(resp *transport.Response, err error) {
	f.client.settle(f, resp, err, terms{})
}

// terms say who else knows of an outcome, and what it is worth.
type terms struct {
	told   bool // the caller is told: nothing to log, nothing for Flush to say
	ignore bool // it says nothing about the way to the server
	echo   bool // the client's own log led to the capture
}

var errNoReturn = errors.New("raven: the transport ended the goroutine")
