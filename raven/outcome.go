package raven

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/transport"
)

// OutcomeKind says what became of a captured event. Every event ends in exactly
// one kind.
type OutcomeKind string

// The kinds of outcomes: first those that are no loss, then losses.
const (
	// OutcomeDelivered: the server accepted the event.
	OutcomeDelivered OutcomeKind = "delivered"
	// OutcomeSampled: [WithSampleRate] or [SampleRate] left the event out.
	OutcomeSampled OutcomeKind = "sampled"
	// OutcomeFiltered: a processor or BeforeSend dropped the event.
	OutcomeFiltered OutcomeKind = "filtered"
	// OutcomeIgnored: the error is ignored ([WithIgnore]) or was captured
	// before ([Context]). No event was made, so there is no id.
	OutcomeIgnored OutcomeKind = "ignored"
	// OutcomeThrottled: there were too many such events; see [Throttle].
	OutcomeThrottled OutcomeKind = "throttled"
	// OutcomeSpooled: [Client.Close] left the event on disk (spool_dir). The
	// next process with the same directory and DSN delivers it.
	OutcomeSpooled OutcomeKind = "spooled"

	// OutcomeRateLimited: the server answered 429, or the event was not sent
	// because of an earlier 429.
	OutcomeRateLimited OutcomeKind = "rate_limited"
	// OutcomeBackoff: sending was paused after a failure. It occurs only with
	// transports that hold nothing; see [Client.State].
	OutcomeBackoff OutcomeKind = "backoff"
	// OutcomeQueueFull: the transport had no room, or the event was too old for
	// the spool.
	OutcomeQueueFull OutcomeKind = "queue_full"
	// OutcomeTooLarge: the server answered 413, or the event could not be
	// trimmed enough; see [TooLargeError].
	OutcomeTooLarge OutcomeKind = "too_large"
	// OutcomeRejected: the server refused the event with another status.
	OutcomeRejected OutcomeKind = "rejected"
	// OutcomeNetwork: there was no complete answer, for any reason except
	// [Client.Close].
	OutcomeNetwork OutcomeKind = "network"
	// OutcomeClosed: the event was captured after Close, or given up by it.
	OutcomeClosed OutcomeKind = "closed"
	// OutcomeInvalid: the event could not be built; or a function of
	// [WithProcessors] or [WithBeforeSend] panicked; or the capture was nested
	// in three others; or its bytes in the spool were damaged. Captures nest if
	// a function that the client calls for an event, such as BeforeSend,
	// captures another.
	OutcomeInvalid OutcomeKind = "invalid"
)

// outcomeKinds has every kind. Its indexes are those of counters.
var outcomeKinds = [...]OutcomeKind{
	OutcomeDelivered, OutcomeSampled, OutcomeFiltered, OutcomeIgnored, OutcomeThrottled, OutcomeSpooled,
	OutcomeRateLimited, OutcomeBackoff, OutcomeQueueFull, OutcomeTooLarge, OutcomeRejected, OutcomeNetwork, OutcomeClosed, OutcomeInvalid,
}

const firstLoss = 6 // in outcomeKinds

func (k OutcomeKind) index() int { return slices.Index(outcomeKinds[:], k) }

// Lost reports whether events of this kind should have arrived but did not.
func (k OutcomeKind) Lost() bool { return slices.Contains(outcomeKinds[firstLoss:], k) }

// Outcome says what became of one captured event.
type Outcome struct {
	// EventID is the event's own id; empty for [OutcomeIgnored].
	EventID string
	// Kind is what became of the event.
	Kind OutcomeKind
	// Status is the HTTP status of the server's answer; 0 for none.
	Status int
	// Err is the cause, if there is one. It never contains the DSN's secret.
	Err error
}

// String returns the kind and, after a colon, the details, as in "rejected: 403
// project is gone". It is an entry of [Client.Ledger].
func (o Outcome) String() string {
	if detail := o.detail(); detail != "" {
		return string(o.Kind) + ": " + detail
	}
	return string(o.Kind)
}

// maxDetail limits the details in a ledger, in characters.
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
	case (o.Kind == OutcomeNetwork || o.Kind == OutcomeSpooled) && errors.As(o.Err, &network):
		text = network.Err.Error()
	default:
		text = o.Err.Error()
	}
	if short := jsontext.FirstRunes(text, maxDetail-1); jsontext.FirstRunes(text, maxDetail) != text {
		return short + "…"
	}
	return text
}

// outcomeOf is the only mapping from a transport's result to an outcome. An
// error may be of the program's own type. One that panics or never ends is
// replaced by the name of its type.
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
		spooled *transport.SpooledError
		spool   *transport.SpoolError
	)
	switch {
	case err == nil:
		o.Kind = OutcomeDelivered
		if resp != nil {
			o.Status = resp.Status
		}
	case errors.As(err, &spooled):
		o.Kind = OutcomeSpooled
	case errors.Is(err, transport.ErrClosed):
		o.Kind = OutcomeClosed
	case errors.Is(err, transport.ErrQueueFull):
		o.Kind = OutcomeQueueFull
	case errors.As(err, &spool):
		o.Kind = OutcomeInvalid
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
