package raven

import (
	"errors"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/transport"
)

// settle records the outcome of a sent event. Only the first call counts.
func (c *Client) settle(f *fate, resp *transport.Response, err error, how terms) {
	if f.settled.Swap(true) {
		return
	}
	judged := false
	defer func() {
		if !judged { // a method of err ended the goroutine
			c.enter(f, Outcome{EventID: f.id, Kind: OutcomeNetwork, Err: errNoReturn}, how)
		}
	}()
	o := outcomeOf(f.id, resp, err)
	judged = true
	c.enter(f, o, how)
}

// enter records the outcome of a sent event.
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

// drop records the outcome of an event that is not sent. g is nil if the event
// was not encoded.
func (c *Client) drop(o Outcome, g *gist, how terms) {
	if o.EventID != "" {
		c.ledger.Open(o.EventID, o.word())
	}
	c.conclude(o, g, how)
}

// conclude counts an outcome, logs a loss and calls WithOnOutcome's function.
func (c *Client) conclude(o Outcome, g *gist, how terms) {
	kind := o.Kind.index()
	c.reports.count(&o)
	if kind >= firstLoss && !how.told {
		c.counters.untold[kind].Add(1)
	}
	c.counters.outcomes[kind].Add(1)
	switch {
	case o.Err == errNested: // the log or the function would capture again
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

// word is String without its cost in the common case.
func (o *Outcome) word() string {
	if o.Err == nil {
		return string(o.Kind)
	}
	return o.String()
}

// WithOnOutcome calls fn once with the outcome of every captured event: on the
// capturing goroutine for events that the client drops, else where the
// transport calls back. Calls may be concurrent and hold no lock. fn may call
// the client, but not Flush and Close, which wait for fn. What fn captures has
// an outcome too, so an fn that captures for each outcome never ends. It is not
// called for captures refused inside three others; see [OutcomeInvalid]. Panics
// of fn are logged. Nil is an error.
func WithOnOutcome(fn func(Outcome)) Option {
	return valid(fn != nil, errors.New("raven: WithOnOutcome: the function is nil"), func(cfg *config) { cfg.onOutcome = fn })
}

// outgoing is an event that is ready to be sent. Packet and fate don't refer to
// each other, so the packet can be freed before the event has an outcome. The
// zero value means none.
type outgoing struct {
	packet *transport.Packet
	*fate
}

// fate is what the outcome of an event needs.
type fate struct {
	client  *Client
	id      string
	ticket  uint64      // in the ledger
	report  *discards   // in the same envelope; nil for none
	echo    bool        // see terms
	memory  memory      // of its error
	settled atomic.Bool // a transport may call back twice
	gist    gist
}

// done is the callback for asynchronous transports.
func (f *fate) done(resp *transport.Response, err error) {
	f.client.settle(f, resp, err, terms{})
}

// terms say how an outcome is treated.
type terms struct {
	told   bool // it is returned to the caller: neither logged nor reported by Flush
	ignore bool // it says nothing about the server
	echo   bool // the client's own log caused the capture
}

var errNoReturn = errors.New("raven: the transport ended the goroutine")
