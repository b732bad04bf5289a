package raven

import (
	"errors"
	"fmt"
)

// SendError is an event that was not delivered, as [WithRaiseSendErrors] hands
// it out.
type SendError struct {
	// EventID is the event's, where it is known.
	EventID string
	// Err is what the transport said: *transport.APIError,
	// *transport.RateLimitedError, *transport.NetworkError,
	// transport.ErrQueueFull, transport.ErrClosed and so on. It never contains
	// the DSN's secret.
	Err error
}

// Error says which event was lost and why.
func (e *SendError) Error() string {
	if e.EventID == "" {
		return fmt.Sprintf("raven: event not delivered: %v", e.Err)
	}
	return fmt.Sprintf("raven: event %s not delivered: %v", e.EventID, e.Err)
}

// Unwrap returns Err.
func (e *SendError) Unwrap() error { return e.Err }

// ErrDisabled is what [Client.Deliver] and [Client.Send] return where there is
// nothing that could send: on a client that [New] made of an empty DSN, and on a
// nil *Client. Captures stay silent.
var ErrDisabled = errors.New("raven: nothing is sent: the client has no DSN (SENTRY_DSN is not set), or there is no client")

var (
	errNilEvent = errors.New("raven: nil event")
	errEventID  = errors.New("raven: the event id is not a UUID")

	errNilOnOutcome = errors.New("raven: WithOnOutcome: the function is nil")
)
