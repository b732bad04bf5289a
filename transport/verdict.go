package transport

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/transport/internal/conns"
)

// verdict is the meaning of an attempt's outcome, for its packet and for the
// packets behind it.
type verdict struct {
	reached bool // the server takes events, even if it refused this one
	again   bool // the packet may be tried again
	// other packets would or might fail, too
	blames bool
	// other packets would fail: pause without a second failure
	stops       bool
	absent      bool          // no server was there at all
	internal    bool          // 500
	limited     bool          // 429
	retryAfter  time.Duration // from the server; 0: none
	limits      RateLimits    // in a refusal
	interrupted bool          // Close cancelled the attempt
}

// judge decides what a holding transport does after an outcome. An error whose
// methods panic, or whose chain does not end, is final.
func judge(err error) (v verdict) {
	if err == nil {
		return verdict{reached: true}
	}
	if guard.Sound(err) {
		guard.Do(func() { v = judged(err) })
	}
	return v
}

func judged(err error) verdict {
	var (
		api     *APIError
		limited *RateLimitedError
	)
	switch {
	case errors.Is(err, ErrClosed):
		return verdict{interrupted: true}
	case errors.As(err, &limited):
		return verdict{again: true, limited: true, retryAfter: min(limited.RetryAfter, maxHeld)}
	case errors.As(err, &api):
		v := judgeStatus(api)
		v.limits = api.limits
		return v
	case isTLSError(err):
		return verdict{again: true, blames: true, stops: true, absent: true}
	case isDialError(err):
		return verdict{again: true, blames: true, stops: true, absent: !ranOutOfTime(err)}
	case is[net.Error](err):
		return verdict{again: true, blames: true}
	}
	// not a failure of the connection: another attempt would fail in the same
	// way
	return verdict{}
}

func judgeStatus(api *APIError) verdict {
	v := verdict{blames: true, retryAfter: min(api.RetryAfter, maxHeld)}
	switch api.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return verdict{reached: true}
	case http.StatusRequestTimeout, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		v.again = true
	case http.StatusInternalServerError:
		v.again, v.internal = true, true
	default:
		v.stops = true
	}
	v.stops = v.stops || v.retryAfter > 0
	return v
}

// isDialError reports whether no connection could be opened.
func isDialError(err error) bool {
	if is[*conns.DialError](err) || is[*net.DNSError](err) {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "dial" || op.Op == "proxyconnect")
}

// pauseAfter is how long a packet, or the transport, waits after n failures in
// a row: 1, 4, 9, 16, 25, 36, 36 … seconds. The wait is spread by a tenth, so
// that many machines don't come back at the same time.
func pauseAfter(n int) time.Duration {
	n = min(n, 6)
	return time.Duration(float64(n*n) * (0.9 + 0.2*rand.Float64()) * float64(time.Second))
}
