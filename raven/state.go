package raven

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

// Status is the main part of a [State].
type Status string

// The values of Status.
const (
	// StatusOnline: events are sent.
	StatusOnline Status = "online"
	// StatusError: sending is paused after a failure.
	StatusError Status = "error"
	// StatusDisabled: the client has no DSN; see [ErrDisabled].
	StatusDisabled Status = "disabled"
)

// State describes the state of sending; see [Client.State].
type State struct {
	// Status says whether events are sent.
	Status Status
	// RetryNumber is the number of failed attempts in a row.
	RetryNumber int
	// Until is the time of the next attempt; zero while online.
	Until time.Time
	// Err is the last failure; nil while online.
	Err error
	// Waiting is the number of events that the transport holds, during a pause
	// including those being tried; 0 for a transport that holds nothing.
	Waiting int
	// Spool is the state of the events on disk; its zero value is a transport
	// without a spool. While its Err is not nil, events wait in memory only.
	Spool transport.SpoolState
}

// String returns "online", "disabled", or the failure and the time of the next
// attempt.
func (s State) String() string {
	if s.Status != StatusError {
		return string(cmp.Or(s.Status, StatusOnline))
	}
	waiting := ""
	if s.Waiting > 0 {
		waiting = fmt.Sprintf(", %d waiting", s.Waiting)
	}
	return fmt.Sprintf("error: %d failed in a row%s, trying again after %s: %v", s.RetryNumber, waiting, s.Until.Format(time.RFC3339), s.Err)
}

// observe starts or ends a pause. Only outcomes that say something about the
// server count as failures: not a refusal because of the event itself, not a
// full queue, and not a rate limit that the transport keeps without an attempt.
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

// aboutTheEvent reports whether a refusal says nothing about other events.
func aboutTheEvent(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge || status == http.StatusUnprocessableEntity
}

// State returns whether events are being sent. What happens after a failure
// depends on the transport:
//   - A transport that holds events ([transport.Holder]: the default, threaded,
//     threaded+resty, reactor, fasthttp) keeps them and retries by its own
//     rules. State returns its state; the client drops no event.
//   - With any other transport the client pauses, as Raven for Python does.
//     After a failure (no answer, or a status other than 2xx, 400, 413 and 422)
//     it sends nothing for 1, 4, 9, 16, 25, then 36 seconds, by the number of
//     failures in a row, or for as long as a 429 demands, at most an hour.
//     Captures meanwhile end as [OutcomeBackoff]. The next capture after the
//     pause is an attempt.
//
// [Client.Deliver] and [WithRaiseSendErrors] make one attempt at once in both
// cases. The state of a disabled client is [StatusDisabled].
func (c *Client) State() State {
	if !c.Enabled() {
		return State{Status: StatusDisabled}
	}
	if c.holder == nil {
		n, until, err := c.backoff.State()
		if n == 0 {
			return State{Status: StatusOnline, Spool: c.spoolState()}
		}
		return State{Status: StatusError, RetryNumber: n, Until: until, Err: err, Spool: c.spoolState()}
	}
	h := c.holder.HoldState()
	if !h.Paused {
		return State{Status: StatusOnline, Waiting: h.Waiting, Spool: c.spoolState()}
	}
	return State{Status: StatusError, RetryNumber: h.Failures, Until: h.Until, Err: h.Err, Waiting: h.Waiting + h.InFlight, Spool: c.spoolState()}
}

func (c *Client) spoolState() transport.SpoolState {
	if c.spooler == nil {
		return transport.SpoolState{}
	}
	return c.spooler.SpoolState()
}

// failing reports whether sending is paused.
func (c *Client) failing() bool {
	if c.holder != nil {
		return c.holder.HoldState().Paused
	}
	return c.backoff.Try() != nil
}
