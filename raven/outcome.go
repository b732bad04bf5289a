package raven

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/transport"
)

// OutcomeKind is what became of a captured event. Every event ends in exactly
// one of them.
type OutcomeKind string

// The kinds of outcomes. The first group is what a program asked for, the
// second what it lost.
const (
	// OutcomeDelivered is an event that the server took.
	OutcomeDelivered OutcomeKind = "delivered"
	// OutcomeSampled is an event that [WithSampleRate] or [SampleRate] left
	// out.
	OutcomeSampled OutcomeKind = "sampled"
	// OutcomeFiltered is an event that a processor or BeforeSend dropped.
	OutcomeFiltered OutcomeKind = "filtered"
	// OutcomeIgnored is an error that nobody wants to hear of, or that was
	// captured before; see [WithIgnore] and [Context]. It was never made into
	// an event, and has no id.
	OutcomeIgnored OutcomeKind = "ignored"
	// OutcomeThrottled is an event that came too often; see [Throttle].
	OutcomeThrottled OutcomeKind = "throttled"

	// OutcomeRateLimited is an event that the server answered with 429, or that
	// was not sent because an earlier answer asked for silence.
	OutcomeRateLimited OutcomeKind = "rate_limited"
	// OutcomeBackoff is an event that was not sent because sending has just
	// failed. It exists only on transports that hold nothing; see
	// [Client.State].
	OutcomeBackoff OutcomeKind = "backoff"
	// OutcomeQueueFull is an event that the transport had no room for.
	OutcomeQueueFull OutcomeKind = "queue_full"
	// OutcomeTooLarge is an event that the server refused for its size, 413, or
	// that could not be made small enough to be sent; see [TooLargeError].
	OutcomeTooLarge OutcomeKind = "too_large"
	// OutcomeRejected is an event that the server refused with any other
	// status.
	OutcomeRejected OutcomeKind = "rejected"
	// OutcomeNetwork is an event that got no complete answer, for whatever
	// reason but [Client.Close].
	OutcomeNetwork OutcomeKind = "network"
	// OutcomeClosed is an event that was captured after Close, or given up by
	// it.
	OutcomeClosed OutcomeKind = "closed"
	// OutcomeInvalid is an event that could not be built; that a function of
	// [WithProcessors] or [WithBeforeSend] panicked at; or that was captured
	// inside three others, each by a function that the client called for the
	// one before, such as BeforeSend: there would be no end of them.
	OutcomeInvalid OutcomeKind = "invalid"
)

// outcomeKinds has every kind; its indexes are those of counters.
var outcomeKinds = [...]OutcomeKind{
	OutcomeDelivered, OutcomeSampled, OutcomeFiltered, OutcomeIgnored, OutcomeThrottled,
	OutcomeRateLimited, OutcomeBackoff, OutcomeQueueFull, OutcomeTooLarge, OutcomeRejected, OutcomeNetwork, OutcomeClosed, OutcomeInvalid,
}

const firstLoss = 5 // in outcomeKinds

func (k OutcomeKind) index() int {
	for i, known := range outcomeKinds {
		if k == known {
			return i
		}
	}
	panic("raven: unknown outcome " + string(k)) // kinds are made in this package alone
}

// Lost reports whether events of this kind were meant to arrive and did not.
func (k OutcomeKind) Lost() bool {
	for _, lost := range outcomeKinds[firstLoss:] {
		if k == lost {
			return true
		}
	}
	return false
}

// Outcome is what became of one captured event.
type Outcome struct {
	// EventID is the event's own id; empty for [OutcomeIgnored].
	EventID string
	// Kind is what became of it.
	Kind OutcomeKind
	// Status is the server's answer to this event, an HTTP status; 0 if it gave
	// none.
	Status int
	// Err is the cause, where there is one. It never contains the DSN's secret.
	Err error
}

// String is the kind, and after a colon what else there is to say, as in
// "rejected: 403 project is gone": an entry of [Client.Ledger].
func (o Outcome) String() string {
	if detail := o.detail(); detail != "" {
		return string(o.Kind) + ": " + detail
	}
	return string(o.Kind)
}

// maxDetail bounds, in characters, what a ledger keeps of an error.
const maxDetail = 200

func (o Outcome) detail() string {
	var (
		api     *transport.APIError
		limited *transport.RateLimitedError
		network *transport.NetworkError
		text    string
	)
	switch {
	case o.Err == nil:
		return ""
	case o.Kind == OutcomeRateLimited && errors.As(o.Err, &limited):
		if text = "held back for " + limited.RetryAfter.String(); !limited.Held {
			text = "429 retry after " + limited.RetryAfter.String()
		}
	case errors.As(o.Err, &api):
		if text = fmt.Sprint(api.Status); api.Message != "" {
			text += " " + api.Message
		}
	case o.Kind == OutcomeNetwork && errors.As(o.Err, &network):
		text = network.Err.Error()
	default:
		text = o.Err.Error()
	}
	if short := jsontext.FirstRunes(text, maxDetail-1); jsontext.FirstRunes(text, maxDetail) != text {
		return short + "…"
	}
	return text
}

// outcomeOf is the one table from what a transport says to an outcome. An error
// may come from a transport, a dialer or a RoundTripper of the program's own:
// one that panics or never ends is replaced by the name of its type.
func outcomeOf(id string, resp *transport.Response, err error) (o Outcome) {
	if err != nil && !guard.Sound(err) {
		err = fmt.Errorf("raven: the transport returned a broken error of type %T", err)
	}
	defer func() { // of its methods Is and As
		if r := recover(); r != nil {
			o = Outcome{EventID: id, Kind: OutcomeNetwork, Err: fmt.Errorf("raven: the transport returned a broken error of type %T: %s", err, guard.Plain(r))}
		}
	}()
	o = Outcome{EventID: id, Kind: OutcomeNetwork, Err: err}
	var (
		api     *transport.APIError
		limited *transport.RateLimitedError
	)
	switch {
	case err == nil:
		o.Kind = OutcomeDelivered
		if resp != nil {
			o.Status = resp.Status
		}
	case errors.Is(err, transport.ErrClosed):
		o.Kind = OutcomeClosed
	case errors.Is(err, transport.ErrQueueFull):
		o.Kind = OutcomeQueueFull
	case errors.As(err, &limited):
		o.Kind = OutcomeRateLimited
		if !limited.Held {
			o.Status = http.StatusTooManyRequests
		}
	case errors.As(err, &api):
		o.Kind, o.Status = OutcomeRejected, api.Status
		if api.Status == http.StatusRequestEntityTooLarge {
			o.Kind = OutcomeTooLarge
		}
	}
	return o
}
