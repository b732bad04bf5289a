package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// ErrClosed is returned for packets that are handed over after Close, or that
// Close gave up.
var ErrClosed = errors.New("transport: closed")

// ErrQueueFull is returned for packets that a full queue refused or evicted;
// the error that wraps it says which of queue_size and queue_bytes was reached.
var ErrQueueFull = errors.New("transport: queue is full")

// DSNError says which part of a DSN can't be used, and what would do. It never
// contains the secret.
type DSNError struct {
	Part   string // "scheme", "public key", "host", "project", …
	Value  string // what was found, where that is no secret
	Reason string // what is wrong and what is allowed
	Err    error  // the cause, if there is one
}

// Error names the part, what was found there, and what would do.
func (e *DSNError) Error() string {
	if e.Value == "" {
		return "transport: invalid DSN: the " + e.Part + " " + e.Reason
	}
	return fmt.Sprintf("transport: invalid DSN: the %s %q %s", e.Part, e.Value, e.Reason)
}

// Unwrap returns the cause.
func (e *DSNError) Unwrap() error { return e.Err }

// OptionError says which option of a DSN or configuration can't be used, and
// what is allowed.
type OptionError struct {
	Option  string // the name as it was given
	Value   string // the value as it was given, passwords masked
	Allowed string // what would do
	Suggest string // the option that was probably meant, for a near miss
	Err     error  // the cause, if there is one
}

// Error names the option, its value, and what is allowed.
func (e *OptionError) Error() string {
	var b strings.Builder
	if e.Unknown() {
		fmt.Fprintf(&b, "transport: unknown option %q", e.Option)
		if e.Suggest != "" {
			fmt.Fprintf(&b, ": did you mean %q?", e.Suggest)
		}
		fmt.Fprintf(&b, " (known: %s)", e.Allowed)
		return b.String()
	}
	fmt.Fprintf(&b, "transport: option %s=%q: want %s", e.Option, e.Value, e.Allowed)
	if e.Err != nil && !errors.Is(e.Err, errNotAllowed) {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unknown tells an option that the transport does not have from a bad value.
func (e *OptionError) Unknown() bool { return errors.Is(e.Err, errUnknownOption) }

// Unwrap returns the cause.
func (e *OptionError) Unwrap() error { return e.Err }

var errUnknownOption = errors.New("no such option")

// UnknownSchemeError says that no transport is registered for a scheme.
type UnknownSchemeError struct {
	Scheme  string
	Known   []string // the registered schemes, sorted
	Suggest string   // the scheme that was probably meant, for a near miss
	Import  string   // the package that registers the scheme, if it is one of ours
}

// Error names the scheme and says how to come by it.
func (e *UnknownSchemeError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "transport: unsupported DSN scheme %q", e.Scheme)
	switch {
	case e.Import != "":
		fmt.Fprintf(&b, ": add the import _ %q, which registers it", e.Import)
	case e.Suggest != "":
		fmt.Fprintf(&b, ": did you mean %q?", e.Suggest)
	}
	fmt.Fprintf(&b, " (registered: %s)", strings.Join(e.Known, ", "))
	return b.String()
}

// DuplicateSchemeError says that a scheme is registered already.
type DuplicateSchemeError struct {
	Scheme string
	Holder string // the name of the driver that has it
}

// Error names the scheme and who has it.
func (e *DuplicateSchemeError) Error() string {
	return fmt.Sprintf("transport: scheme %q is already registered by the driver %q; use Replace to put another in its place", e.Scheme, e.Holder)
}

// APIError is an answer that refuses the packet: any status but 2xx and 429.
type APIError struct {
	Status  int
	Message string // the X-Sentry-Error header, or the detail of the JSON body
	EventID string // of the packet
	// RetryAfter is what the header of that name asks for, an hour at most; 0
	// if there is none.
	RetryAfter time.Duration

	limits RateLimits // that came with the answer
}

// Error gives the status and the server's words.
func (e *APIError) Error() string {
	msg := fmt.Sprintf("transport: server refused event %s with status %d", e.EventID, e.Status)
	if e.Message != "" {
		msg += ": " + e.Message
	}
	if e.Status >= 300 && e.Status < 400 {
		msg += " (redirects are not followed; put the final address into the DSN)"
	}
	return msg
}

// RateLimitedError is the answer 429, or the consequence of an earlier one.
type RateLimitedError struct {
	Message    string        // the X-Sentry-Error header, or the detail of the JSON body
	EventID    string        // of the packet
	RetryAfter time.Duration // how long the server wants to be left alone
	RateLimits RateLimits    // what it is about, by category
	Held       bool          // the packet was not sent: an earlier answer's limit is still in force
}

// Error says for how long the server wants to be left alone.
func (e *RateLimitedError) Error() string {
	if e.Held {
		return fmt.Sprintf("transport: event %s was held back: the server has asked for %s more of silence", e.EventID, e.RetryAfter.Round(time.Millisecond))
	}
	msg := fmt.Sprintf("transport: server is rate limiting (event %s, retry after %s)", e.EventID, e.RetryAfter)
	if e.Message != "" {
		msg += ": " + e.Message
	}
	return msg
}

func asRateLimited(err error) *RateLimitedError {
	var limited *RateLimitedError
	errors.As(err, &limited)
	return limited
}

// NetworkError is a delivery that got no complete answer. It unwraps to the
// cause as the standard library gives it: *net.OpError, the errors of
// crypto/tls and crypto/x509, [context.DeadlineExceeded], [context.Canceled].
// It is a [net.Error].
type NetworkError struct {
	EventID string
	Host    string // host and port
	Err     error
}

// Error names the event, the server and the cause.
func (e *NetworkError) Error() string {
	if errors.Is(e.Err, ErrClosed) {
		return fmt.Sprintf("transport: no answer from %s: %v", e.Host, e.Err)
	}
	if e.Timeout() {
		return fmt.Sprintf("transport: event %s: no complete answer from %s in time: %v", e.EventID, e.Host, e.Err)
	}
	return fmt.Sprintf("transport: event %s did not reach %s: %v", e.EventID, e.Host, e.Err)
}

// Unwrap returns the cause.
func (e *NetworkError) Unwrap() error { return e.Err }

// Timeout reports whether time ran out: the timeout option's, or the deadline
// of the caller's context.
func (e *NetworkError) Timeout() bool {
	return errors.Is(e.Err, context.DeadlineExceeded) || ranOutOfTime(e.Err)
}

// Temporary is part of net.Error and means nothing more than Timeout.
func (e *NetworkError) Temporary() bool { return e.Timeout() }

// UndeliveredError says how many packets a Flush or a Close left without an
// outcome.
type UndeliveredError struct {
	// Pending packets were still under way when Flush's context ended.
	Pending int
	// Abandoned packets were given up by Close; each one's callback got an
	// error that wraps ErrClosed. Those that were on their way may have
	// arrived: their errors say "abandoned unanswered".
	Abandoned int
	// Stuck callbacks or sends had not returned when Close did.
	Stuck int
	// Err is why the wait ended: context.DeadlineExceeded, or what Close could
	// not wait out, such as a refused connection.
	Err error
}

// Error counts what was left, by what became of it.
func (e *UndeliveredError) Error() string {
	var parts []string
	for _, p := range []struct {
		n    int
		text string
	}{
		{e.Pending, "still pending"},
		{e.Abandoned, "abandoned"},
		{e.Stuck, "stuck in a callback or send that does not return"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.text))
		}
	}
	msg := "transport: undelivered packets: " + strings.Join(parts, ", ")
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg
}

// Unwrap returns why the wait ended.
func (e *UndeliveredError) Unwrap() error { return e.Err }

// Retryable reports whether sending the same packet again may succeed: after a
// rate limit, a status that speaks of a passing state (408, 500, 502, 503, 504)
// or a network failure. A refusal of the event or of the client, a certificate
// that does not hold, a cancelled context and a closed transport are final. It
// does not say when: a rate limit's RetryAfter does. It is for [WithRetry] and
// for callers; a [Holder] has rules of its own.
func Retryable(err error) bool {
	var api *APIError
	var limited *RateLimitedError
	var network *NetworkError
	switch {
	case err == nil, errors.Is(err, ErrClosed), errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &limited):
		return true
	case errors.As(err, &api):
		switch api.Status {
		case 408, 500, 502, 503, 504:
			return true
		}
		return false
	case errors.As(err, &network):
		return !isTLSError(network.Err)
	}
	return errors.Is(err, ErrQueueFull)
}

// isTLSError tells a handshake that one side refused from a broken network.
func isTLSError(err error) bool {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	if errors.As(err, &verification) || errors.As(err, &record) {
		return true
	}
	// An alert is an unexported type inside an OpError of this name.
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error")
}
