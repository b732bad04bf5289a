package raven

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

// Status is one of the two states of a client that has a DSN (protocol 6.5), or
// says that it has none.
type Status string

// The states.
const (
	// StatusOnline sends what is captured.
	StatusOnline Status = "online"
	// StatusError waits before it sends again.
	StatusError Status = "error"
	// StatusDisabled has nowhere to send to; see [ErrDisabled].
	StatusDisabled Status = "disabled"
)

// State says how sending goes, as [Client.State] returns it.
type State struct {
	// Status is [StatusOnline] while events are sent, [StatusError] while
	// sending pauses after a failure, and [StatusDisabled] for a client without
	// a DSN.
	Status Status
	// RetryNumber is how many attempts in a row have failed.
	RetryNumber int
	// Until is when sending is tried again. Zero while online.
	Until time.Time
	// Err is what failed last; nil while online.
	Err error
	// Waiting is how many events the transport holds until they can be sent,
	// during a pause those that are tried at the moment included; 0 for a
	// transport that holds nothing.
	Waiting int
}

// String is for people: "online", "disabled", or what failed and when sending
// is tried again.
func (s State) String() string {
	switch s.Status {
	case StatusDisabled:
		return string(StatusDisabled)
	case StatusError:
	default:
		return string(StatusOnline)
	}
	waiting := ""
	if s.Waiting > 0 {
		waiting = fmt.Sprintf(", %d waiting", s.Waiting)
	}
	return fmt.Sprintf("error: %d failed in a row%s, trying again after %s: %v", s.RetryNumber, waiting, s.Until.Format(time.RFC3339), s.Err)
}

// observe draws the consequences of an attempt to send. Only what says
// something about the way to the server, or about the server's readiness,
// counts as a failure: not an event that was refused for what it is, not a full
// queue, and not a limit that the transport itself keeps to, which is no new
// attempt.
func (c *Client) observe(o *Outcome) {
	switch o.Kind {
	case OutcomeDelivered:
		c.backoff.Succeed()
	case OutcomeNetwork:
		c.backoff.Fail(0, o.Err)
	case OutcomeRejected:
		if !aboutTheEvent(o.Status) {
			c.backoff.Fail(0, o.Err)
		}
	case OutcomeRateLimited:
		var limited *transport.RateLimitedError
		if errors.As(o.Err, &limited) && !limited.Held {
			c.backoff.Fail(limited.RetryAfter, o.Err)
		}
	}
}

// aboutTheEvent reports whether a refusal says nothing about the next event.
func aboutTheEvent(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge || status == http.StatusUnprocessableEntity
}

// State returns whether events are being sent. What happens after a failure
// depends on the transport:
//   - One that holds ([transport.Holder]: the default, threaded, threaded+resty,
//     reactor, fasthttp) keeps the events and tries again by its own rules. State
//     is what it knows; no event is dropped because of it.
//   - With any other the client itself waits, as the reference client does. After
//     a failure (no answer; a status but 2xx, 400, 413 and 422) nothing is sent
//     for 1, 4, 9, 16, 25, then 36 seconds, by the number of failures in a row,
//     or as long as a 429 asks for, an hour at most; captures meanwhile end as [OutcomeBackoff].
//     Then whatever is captured next is an attempt.
//
// [Client.Deliver] and [WithRaiseSendErrors] make one attempt at once in either
// case. A disabled client is [StatusDisabled].
func (c *Client) State() State {
	if !c.Enabled() {
		return State{Status: StatusDisabled}
	}
	if c.holder == nil {
		n, until, err := c.backoff.State()
		if n == 0 {
			return State{Status: StatusOnline}
		}
		return State{Status: StatusError, RetryNumber: n, Until: until, Err: err}
	}
	h := c.holder.HoldState()
	if !h.Paused {
		return State{Status: StatusOnline, Waiting: h.Waiting}
	}
	return State{Status: StatusError, RetryNumber: h.Failures, Until: h.Until, Err: h.Err, Waiting: h.Waiting + h.InFlight}
}

// failing reports whether an attempt to send would fail, as far as is known.
func (c *Client) failing() bool {
	if c.holder != nil {
		return c.holder.HoldState().Paused
	}
	return c.backoff.Try() != nil
}
