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

// verdict is what the outcome of an attempt means, for its packet and for those
// behind it.
type verdict struct {
	reached     bool          // the server takes events, whether it took this one or not
	again       bool          // the packet may be tried again
	blames      bool          // the attempt says that others would fail too, or might
	stops       bool          // others would fail: a pause is due without a second failure
	absent      bool          // no server was there at all
	internal    bool          // 500
	limited     bool          // 429
	retryAfter  time.Duration // as the server asks; 0: it does not
	limits      RateLimits    // that came with a refusal
	interrupted bool          // Close has cancelled it
}

// judge is the one table from outcomes to what a transport that holds does. An
// error whose methods panic, or whose chain does not end, is final.
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
		network net.Error
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
	case errors.As(err, &network):
		return verdict{again: true, blames: true}
	}
	return verdict{} // not an error of the way to the server: it would be the same again
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

// isDialError reports whether there was no connection to send anything on.
func isDialError(err error) bool {
	var dial *conns.DialError
	var dns *net.DNSError
	var op *net.OpError
	return errors.As(err, &dial) || errors.As(err, &dns) || errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// pauseAfter is how long a packet, or the transport, waits after n failures in
// a row: 1, 4, 9, 16, 25, 36, 36 … seconds, spread by a tenth, so that the
// machines of a fleet don't come back as one.
func pauseAfter(n int) time.Duration {
	n = min(n, 6)
	return time.Duration(float64(n*n) * (0.9 + 0.2*rand.Float64()) * float64(time.Second))
}
