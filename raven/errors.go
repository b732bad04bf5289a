package raven

import (
	"errors"
	"fmt"
	"strings"
)

// SendError is an event that was not delivered; see [WithRaiseSendErrors].
type SendError struct {
	// EventID is the event's id, if known.
	EventID string
	// Err is the transport's error: *transport.APIError,
	// *transport.RateLimitedError, *transport.NetworkError,
	// transport.ErrQueueFull, transport.ErrClosed and so on. It never contains
	// the DSN's secret.
	Err error
}

// Error returns the event's id and the cause.
func (e *SendError) Error() string {
	if e.EventID == "" {
		return fmt.Sprintf("raven: event not delivered: %v", e.Err)
	}
	return fmt.Sprintf("raven: event %s not delivered: %v", e.EventID, e.Err)
}

// Unwrap returns Err.
func (e *SendError) Unwrap() error { return e.Err }

// ErrDisabled is returned by [Client.Deliver] and [Client.Send] on a nil
// *Client and on a client without a DSN. Captures report no error.
var ErrDisabled = errors.New("raven: nothing is sent: the client has no DSN (SENTRY_DSN is not set), or there is no client")

var (
	errNilEvent = errors.New("raven: nil event")
	errEventID  = errors.New("raven: the event id is not a UUID")
)

// LossError is returned by [Client.Flush] and [Client.Close] if something did
// not arrive.
type LossError struct {
	// Lost counts the events lost since the last Flush, by kind, without those
	// dropped on purpose and those whose errors Deliver, Send and
	// WithRaiseSendErrors reported. Nil if there are none.
	Lost map[OutcomeKind]uint64
	// Err is the transport's error, usually a *transport.UndeliveredError,
	// which counts the events without an outcome. Nil if there is none.
	Err error
}

// Error returns the numbers of lost events and the transport's error.
func (e *LossError) Error() string {
	cause := ""
	if e.Err != nil {
		cause = strings.TrimPrefix(e.Err.Error(), "raven: ")
	}
	if len(e.Lost) == 0 {
		return "raven: " + cause
	}
	var parts []string
	var total uint64
	for _, kind := range outcomeKinds {
		if n := e.Lost[kind]; n > 0 {
			total += n
			parts = append(parts, fmt.Sprintf("%s %d", kind, n))
		}
	}
	msg := fmt.Sprintf("raven: events lost since the last Flush: %d (%s)", total, strings.Join(parts, ", "))
	if cause != "" {
		msg += "; " + cause
	}
	return msg
}

// Unwrap returns Err.
func (e *LossError) Unwrap() error { return e.Err }

// ErrDropped is what [errors.Is] finds in every *[DroppedError].
var ErrDropped = errors.New("raven: the event was dropped")

// DroppedError is returned by [Client.Deliver] and [Client.Send] for an event
// that the client did not pass to the transport: it was sampled out, filtered,
// throttled, dropped while sending is paused ([OutcomeBackoff]), could not be
// built, or is too large. Errors of the transport are returned as they are.
type DroppedError struct {
	Outcome Outcome
}

// Error returns the event's id and why it was dropped.
func (e *DroppedError) Error() string {
	msg := "raven: event " + e.Outcome.EventID + " was dropped"
	if e.Outcome.EventID == "" {
		msg = "raven: the event was dropped"
	}
	switch e.Outcome.Kind {
	case OutcomeSampled:
		return msg + ": sampled out (WithSampleRate, SampleRate)"
	case OutcomeThrottled:
		return msg + ": there were too many like it (Throttle)"
	case OutcomeFiltered:
		msg += ": filtered"
	}
	if e.Outcome.Err != nil {
		msg += ": " + e.Outcome.Err.Error()
	}
	return msg
}

// Unwrap returns ErrDropped and the cause.
func (e *DroppedError) Unwrap() []error {
	if e.Outcome.Err == nil {
		return []error{ErrDropped}
	}
	return []error{ErrDropped, e.Outcome.Err}
}

// TooLargeError is an event that is too large for Sentry even after trimming.
type TooLargeError struct {
	// Size is the bytes of JSON after trimming, Limit the allowed bytes.
	Size, Limit int
}

// Error returns the event's size and the limit.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the event has %d bytes even without extra, contexts, breadcrumbs and most of its frames; Sentry takes %d: give it less text and fewer exceptions", e.Size, e.Limit)
}
