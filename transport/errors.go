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

// ErrClosed is the error of packets that are sent after Close, and of packets
// that Close gave up.
var ErrClosed = errors.New("transport: closed")

// ErrQueueFull is the error of packets that a full queue refused or evicted.
// The wrapping error says whether queue_size or queue_bytes was reached.
var ErrQueueFull = errors.New("transport: queue is full")

// DSNError says which part of a DSN is invalid, and what is allowed. It never
// contains the secret.
type DSNError struct {
	Part   string // "scheme", "public key", "host", "project", …
	Value  string // the invalid text; "" if it may be a secret
	Reason string // what is wrong and what is allowed
	Err    error  // the cause, if there is one
}

// Error names the part, its value, and what is allowed.
func (e *DSNError) Error() string {
	if e.Value == "" {
		return "transport: invalid DSN: the " + e.Part + " " + e.Reason
	}
	return fmt.Sprintf("transport: invalid DSN: the %s %q %s", e.Part, e.Value, e.Reason)
}

// Unwrap returns the cause.
func (e *DSNError) Unwrap() error { return e.Err }

// OptionError says which option of a DSN or configuration is invalid, and what
// is allowed.
type OptionError struct {
	Option  string // the name as it is given
	Value   string // the value as it is given, passwords masked
	Allowed string // what values are allowed
	Suggest string // the option that was probably meant, for a misspelt name
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

// Unknown reports whether the transport does not have the option; false means
// that the value is invalid.
func (e *OptionError) Unknown() bool { return errors.Is(e.Err, errUnknownOption) }

// Unwrap returns the cause.
func (e *OptionError) Unwrap() error { return e.Err }

var errUnknownOption = errors.New("no such option")

// UnknownSchemeError says that no transport is registered for a scheme.
type UnknownSchemeError struct {
	Scheme  string
	Known   []string // the registered schemes, sorted
	Suggest string   // the scheme that was probably meant, for a misspelt one
	// The package of this module that registers the scheme, or "".
	Import string
}

// Error names the scheme and what to do.
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
	Holder string // the name of the driver that holds it
}

// Error names the scheme and its driver.
func (e *DuplicateSchemeError) Error() string {
	return fmt.Sprintf("transport: scheme %q is already registered by the driver %q; use Replace to replace it", e.Scheme, e.Holder)
}

// packetText names a packet in errors. A packet without an id holds no event;
// it is a client report, for example.
func packetText(id string) string {
	if id == "" {
		return "a packet without an event"
	}
	return "event " + id
}

// APIError is an answer that refuses the packet: any status except 2xx and 429.
type APIError struct {
	Status  int
	Message string // the X-Sentry-Error header, or the detail of the JSON body
	EventID string // of the packet
	// RetryAfter is the value of the Retry-After header, an hour at most; 0 if
	// there is none.
	RetryAfter time.Duration

	limits RateLimits // the limits in the answer
}

// Error gives the status and the server's message.
func (e *APIError) Error() string {
	msg := fmt.Sprintf("transport: server refused %s with status %d", packetText(e.EventID), e.Status)
	if e.Message != "" {
		msg += ": " + e.Message
	}
	if e.Status >= 300 && e.Status < 400 {
		msg += " (redirects are not followed; put the final address into the DSN)"
	}
	return msg
}

// RateLimitedError is a 429 answer, or the refusal of a packet because of an
// earlier one.
type RateLimitedError struct {
	// The X-Sentry-Error header, or the detail of the JSON body.
	Message    string
	EventID    string        // of the packet
	RetryAfter time.Duration // how long to wait before sending again
	RateLimits RateLimits    // the limits by category
	// The packet was not sent: an earlier limit is in force.
	Held bool
}

// Error says how long to wait before sending again.
func (e *RateLimitedError) Error() string {
	if e.Held {
		return fmt.Sprintf("transport: %s was not sent: rate limited for another %s", packetText(e.EventID), e.RetryAfter.Round(time.Millisecond))
	}
	msg := fmt.Sprintf("transport: server is rate limiting (%s, retry after %s)", packetText(e.EventID), e.RetryAfter)
	if e.Message != "" {
		msg += ": " + e.Message
	}
	return msg
}

// NetworkError is a delivery without a complete answer. It unwraps to the error
// of the standard library: *net.OpError, the errors of crypto/tls and
// crypto/x509, [context.DeadlineExceeded], [context.Canceled]. It implements
// [net.Error].
type NetworkError struct {
	EventID string
	Host    string // with the port
	Err     error
}

// Error names the event, the server and the cause.
func (e *NetworkError) Error() string {
	if errors.Is(e.Err, ErrClosed) {
		return fmt.Sprintf("transport: no answer from %s: %v", e.Host, e.Err)
	}
	if e.Timeout() {
		return fmt.Sprintf("transport: %s: no complete answer from %s in time: %v", packetText(e.EventID), e.Host, e.Err)
	}
	return fmt.Sprintf("transport: %s did not reach %s: %v", packetText(e.EventID), e.Host, e.Err)
}

// Unwrap returns the cause.
func (e *NetworkError) Unwrap() error { return e.Err }

// Timeout reports whether the timeout option or the deadline of the caller's
// context ended the delivery.
func (e *NetworkError) Timeout() bool {
	return errors.Is(e.Err, context.DeadlineExceeded) || ranOutOfTime(e.Err)
}

// Temporary is part of net.Error. It returns the same as Timeout.
func (e *NetworkError) Temporary() bool { return e.Timeout() }

// UndeliveredError counts the packets that have no outcome when Flush or Close
// returns.
type UndeliveredError struct {
	// Pending counts the packets without an outcome when Flush's context ended.
	Pending int
	// Abandoned counts the packets that Close gave up. Their callbacks got an
	// error that wraps ErrClosed. Packets that were being sent may have
	// arrived: their errors say "abandoned unanswered".
	Abandoned int
	// Spooled counts the packets that Close left in the spool, for the next
	// process to deliver. They are not lost. Their callbacks got a
	// *SpooledError.
	Spooled int
	// Stuck counts the callbacks and sends that had not returned when Close
	// did.
	Stuck int
	// Err is why the wait ended: context.DeadlineExceeded, or the reason why
	// Close gave up early, such as a refused connection.
	Err error
}

// Error gives each number that is not 0.
func (e *UndeliveredError) Error() string {
	var parts []string
	for _, p := range []struct {
		n    int
		text string
	}{
		{e.Pending, "still pending"},
		{e.Abandoned, "abandoned"},
		{e.Spooled, "left in the spool for the next start"},
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
// rate limit, after status 408, 500, 502, 503 and 504, and after a network
// failure. It returns false for other statuses, an invalid certificate, a
// cancelled context and a closed transport. It does not say when to retry; a
// rate limit's RetryAfter does. [WithRetry] uses it, and callers may. A
// [Holder] has its own rules.
func Retryable(err error) bool {
	var api *APIError
	var network *NetworkError
	switch {
	case err == nil, errors.Is(err, ErrClosed), errors.Is(err, context.Canceled):
		return false
	case is[*RateLimitedError](err):
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

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// isTLSError reports whether one side refused the TLS handshake.
func isTLSError(err error) bool {
	if is[*tls.CertificateVerificationError](err) || is[tls.RecordHeaderError](err) {
		return true
	}
	// The type of a TLS alert is unexported. It is inside a net.OpError with
	// this Op.
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "remote error" || op.Op == "local error")
}
