package raven

import (
	"sync/atomic"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/transport"
)

// outgoing is a packet on its way, and what its outcome has to be entered into.
type outgoing struct {
	transport.Packet
	client  *Client
	ticket  uint64      // in the ledger
	report  *discards   // that travel along; nil for none
	echo    bool        // see terms
	memory  memory      // of its error
	settled atomic.Bool // a transport that calls back twice is not believed twice
}

// terms say who else knows of an outcome, and what it is worth.
type terms struct {
	told   bool // the caller is told: nothing to log, nothing for Flush to say
	ignore bool // it says nothing about the way to the server
	echo   bool // the client's own log led to the capture
}

// done is the callback for asynchronous transports.
func (p *outgoing) done(resp *transport.Response, err error) {
	p.client.settle(p, resp, err, terms{})
}

// settle gives an event the outcome that its transport came to. Only the first
// counts.
func (c *Client) settle(p *outgoing, resp *transport.Response, err error, how terms) {
	if p.settled.Swap(true) {
		return
	}
	judged := false
	defer func() {
		if !judged { // a method of the error ended the goroutine
			c.enter(p, Outcome{EventID: p.EventID, Kind: OutcomeNetwork, Err: errNoReturn}, how)
		}
	}()
	o := outcomeOf(p.EventID, resp, err)
	judged = true
	c.enter(p, o, how)
}

// enter enters an outcome wherever it is kept.
func (c *Client) enter(p *outgoing, o Outcome, how terms) {
	how.echo = p.echo
	if !how.ignore {
		c.state.observe(&o)
	}
	if o.Kind != OutcomeDelivered {
		p.memory.forget(c)
	}
	if p.report != nil && !reportArrived(&o) {
		c.reports.add(p.report)
	}
	c.ledger.close(p.ticket, o.word())
	c.conclude(o, p, how)
}

// drop gives an event its outcome that does not reach the transport. p is what
// it would have sent, nil where it has not come to that.
func (c *Client) drop(o Outcome, p *outgoing, how terms) {
	if o.EventID != "" {
		c.ledger.open(o.EventID, o.word())
	}
	c.conclude(o, p, how)
}

// conclude counts an outcome, and tells those who want to know.
func (c *Client) conclude(o Outcome, p *outgoing, how terms) {
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
		c.failures.delivered(c)
	case kind >= firstLoss && !how.told:
		c.failures.lost(c, &o, p, how.echo)
	}
	if c.onOutcome != nil {
		c.observeOutcome(o)
	}
}

// observeOutcome contains the panics of somebody else's function.
func (c *Client) observeOutcome(o Outcome) {
	guard.Enter()
	defer func() {
		guard.Leave()
		if r := recover(); r != nil {
			c.logger().Error("raven: the function of WithOnOutcome panicked", "panic", guard.Plain(r), "event_id", o.EventID, "outcome", o.String())
		}
	}()
	c.onOutcome(o)
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
// transport calls back for the rest. It may be called by several goroutines at a
// time, holds no lock of the client's, and may call the client, but for Flush and
// Close, which wait for it. What it captures has an outcome too: a function that
// captures something for each outcome never ends. It does not hear of captures
// that are refused inside three others, see [OutcomeInvalid].
// A panic in it is logged. Nil is an error.
func WithOnOutcome(fn func(Outcome)) Option {
	return func(cfg *config) error {
		if fn == nil {
			return errNilOnOutcome
		}
		cfg.onOutcome = fn
		return nil
	}
}
